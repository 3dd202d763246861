package dev.resilience.context;

import dev.resilience.text.SafeText;
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
      SafeText.log(LOG, Level.WARNING, "A context observer failed", failure);
    }
    scope.register(
        () -> observer.onEnded(scope, Objects.requireNonNull(scope.error()), time.nanoTime()),
        Callback.Kind.USER);
  }
}
