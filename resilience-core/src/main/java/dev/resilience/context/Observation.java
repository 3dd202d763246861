package dev.resilience.context;

import dev.resilience.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;

/**
 * Tells an observer of one scope. Its callback is the scope's first, which makes the scope eager.
 */
final class Observation {

  private static final Logger LOG = System.getLogger(Observation.class.getName());

  private Observation() {}

  static void start(ContextObserver observer, Scope scope, Node parent) {
    TimeSource time = scope.timeSource();
    try {
      observer.onDerived(scope, parent, time.nanoTime());
    } catch (Throwable failure) {
      LOG.log(Level.WARNING, "A context observer failed", failure);
    }
    scope.addCallback(
        () -> observer.onEnded(scope, Objects.requireNonNull(scope.error()), time.nanoTime()),
        false);
  }
}
