package dev.resilience.micrometer;

import dev.resilience.context.Context;
import dev.resilience.context.ThreadBinding;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The context as a thread-local, for frameworks that carry thread-locals along (Reactor, Spring)
 * with Micrometer's context-propagation. Code that can be given a context is better given one.
 *
 * <pre>{@code
 * Context request = CurrentContext.in(ctx);      // work for it finds it ...
 * payments.call(request, c -> legacy.charge());  // ... by CurrentContext.find()
 * }</pre>
 */
public final class CurrentContext {

  /** A stack of what was entered and not yet left on this thread. */
  private record Entry(@Nullable Context ctx, ThreadBinding.Bound bound, @Nullable Entry below) {}

  private static final ThreadLocal<@Nullable Entry> ENTRY = new ThreadLocal<>();

  private static final ThreadBinding BINDING =
      ctx -> {
        Entry before = ENTRY.get();
        ENTRY.set(new Entry(ctx, () -> {}, before));
        return () -> restore(before);
      };

  private CurrentContext() {}

  /** A child of a context that is current on every thread that works for it. */
  public static Context in(Context ctx) {
    return ctx.withBinding(BINDING);
  }

  /** The context that this thread works for, if it was made known. */
  public static Optional<Context> find() {
    return Optional.ofNullable(get());
  }

  static @Nullable Context get() {
    Entry entry = ENTRY.get();
    return entry == null ? null : entry.ctx;
  }

  /** Makes a context current, and enters its other bindings; null: none is. */
  static void push(@Nullable Context ctx) {
    Entry before = ENTRY.get();
    ThreadBinding.Bound bound = ctx == null ? () -> {} : ThreadBinding.bind(ctx);
    ENTRY.set(new Entry(ctx, bound, before));
  }

  /** Undoes the last {@link #push}. */
  static void pop() {
    Entry entry = ENTRY.get();
    if (entry != null) {
      entry.bound.close();
      restore(entry.below);
    }
  }

  private static void restore(@Nullable Entry before) {
    if (before == null) {
      ENTRY.remove();
    } else {
      ENTRY.set(before);
    }
  }
}
