package dev.resilience.cache;

import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Keeps what a listener throws away from the cache and its callers. */
record ContainedListener(CacheListener listener) implements CacheListener {

  static final CacheListener NONE = new ContainedListener(event -> {});

  private static final Logger LOG = System.getLogger(CacheListener.class.getName());

  @Override
  public void on(CacheEvent event) {
    try {
      listener.on(event);
    } catch (Throwable thrown) {
      SafeText.log(
          LOG, Level.WARNING, "a listener failed on " + event.getClass().getSimpleName(), thrown);
    }
  }
}
