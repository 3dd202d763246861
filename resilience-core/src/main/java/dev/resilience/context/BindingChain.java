package dev.resilience.context;

import dev.resilience.context.ThreadBinding.Bound;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * The bindings of a context, the newest first. A chain: there are one or two. What a binding throws
 * costs the work nothing but the binding. Immutable.
 */
record BindingChain(ThreadBinding binding, @Nullable BindingChain older) {

  static final Bound NOTHING = () -> {};

  private static final Logger LOG = System.getLogger(ThreadBinding.class.getName());

  /** These and one more; the same where they have it. */
  static BindingChain add(ThreadBinding binding, @Nullable BindingChain present) {
    return present != null && present.has(binding) ? present : new BindingChain(binding, present);
  }

  private boolean has(ThreadBinding wanted) {
    for (BindingChain link = this; link != null; link = link.older) {
      if (link.binding == wanted) {
        return true;
      }
    }
    return false;
  }

  static Bound enter(Node ctx) {
    BindingChain bindings = ctx.values.bindings();
    return bindings == null ? NOTHING : bindings.enterAll(ctx);
  }

  /** The older first, and left in the reverse order. */
  private Bound enterAll(Node ctx) {
    Bound outer = older == null ? NOTHING : older.enterAll(ctx);
    Bound mine = NOTHING;
    try {
      mine = binding.enter(ctx);
    } catch (Throwable failure) {
      SafeText.log(LOG, Level.WARNING, "A thread binding failed to enter", failure);
    }
    return new Entered(mine, outer);
  }

  /** A callback that runs under the bindings of a context. */
  static DoneCallback around(Node ctx, DoneCallback callback) {
    if (ctx.values.bindings() == null) {
      return callback;
    }
    return () -> {
      try (Bound bound = enter(ctx)) {
        callback.run();
      }
    };
  }

  private record Entered(Bound mine, Bound outer) implements Bound {

    @Override
    public void close() {
      try {
        mine.close();
      } catch (Throwable failure) {
        SafeText.log(LOG, Level.WARNING, "A thread binding failed to leave", failure);
      }
      outer.close();
    }
  }
}
