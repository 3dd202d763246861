package dev.resilience.context;

import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;

/**
 * Tells an observer of one scope. It is the scope's first callback, which makes the scope eager.
 */
final class Observation implements DoneCallback {

  private static final Logger LOG = System.getLogger(Observation.class.getName());

  private final ContextObserver observer;
  private final Scope scope;

  private Observation(ContextObserver observer, Scope scope) {
    this.observer = observer;
    this.scope = scope;
  }

  static void start(ContextObserver ofRoot, Scope scope, Node parent) {
    ContextObserver observer;
    try {
      observer = ofRoot.observerOf(scope, parent);
    } catch (Throwable failure) {
      failed(failure);
      return;
    }
    if (observer == null) {
      return;
    }
    try {
      observer.onDerived(scope, parent, scope.root.time().nanoTime());
    } catch (Throwable failure) {
      failed(failure);
    }
    scope.register(new Observation(observer, scope), Callback.Kind.USER);
  }

  @Override
  public void run() {
    observer.onEnded(scope, Objects.requireNonNull(scope.error()), scope.root.time().nanoTime());
  }

  /** What an observer throws is contained and logged. */
  static void failed(Throwable failure) {
    SafeText.log(LOG, Level.WARNING, "A context observer failed", failure);
  }
}
