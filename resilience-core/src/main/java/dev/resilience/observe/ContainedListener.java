package dev.resilience.observe;

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
      LOG.log(Level.WARNING, "a listener failed on " + event.getClass().getSimpleName(), thrown);
    }
  }
}
