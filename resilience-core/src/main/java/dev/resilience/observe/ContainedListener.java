package dev.resilience.observe;

import dev.resilience.context.Context;
import dev.resilience.context.ThreadBinding;
import dev.resilience.context.ThreadBinding.Bound;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Keeps what a listener throws away from the call that it hears of. */
record ContainedListener(PolicyListener listener) implements PolicyListener {

  static final PolicyListener NONE = new ContainedListener(event -> {});

  private static final Logger LOG = System.getLogger(PolicyListener.class.getName());

  @Override
  public void on(PolicyEvent event) {
    try {
      listener.on(event);
    } catch (Throwable thrown) {
      failed(event, thrown);
    }
  }

  @Override
  public void on(Context ctx, PolicyEvent event) {
    try (Bound bound = ThreadBinding.bind(ctx)) {
      listener.on(ctx, event);
    } catch (Throwable thrown) {
      failed(event, thrown);
    }
  }

  @Override
  public boolean wantsCalls() {
    try {
      return listener.wantsCalls();
    } catch (Throwable thrown) {
      SafeText.log(LOG, Level.WARNING, "a listener failed to say what it wants", thrown);
      return false;
    }
  }

  private static void failed(PolicyEvent event, Throwable thrown) {
    String what = "a listener failed on " + event.getClass().getSimpleName();
    SafeText.log(LOG, Level.WARNING, what, thrown);
  }
}
