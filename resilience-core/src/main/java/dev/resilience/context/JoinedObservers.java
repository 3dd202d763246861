package dev.resilience.context;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Several observers of one root; for each context, those of them that want it. */
final class JoinedObservers implements ContextObserver {

  private final ContextObserver[] observers;

  JoinedObservers(List<ContextObserver> observers) {
    this.observers = observers.toArray(new ContextObserver[0]);
  }

  @Override
  public @Nullable ContextObserver observerOf(Context context, Context parent) {
    List<ContextObserver> interested = new ArrayList<>(observers.length);
    for (ContextObserver observer : observers) {
      try {
        ContextObserver own = observer.observerOf(context, parent);
        if (own != null) {
          interested.add(own);
        }
      } catch (Throwable failure) {
        Observation.failed(failure);
      }
    }
    return switch (interested.size()) {
      case 0 -> null;
      case 1 -> interested.get(0);
      default -> new JoinedObservers(interested);
    };
  }

  @Override
  public void onDerived(Context context, Context parent, long nanos) {
    for (ContextObserver observer : observers) {
      try {
        observer.onDerived(context, parent, nanos);
      } catch (Throwable failure) {
        Observation.failed(failure);
      }
    }
  }

  @Override
  public void onEnded(Context context, ContextException error, long nanos) {
    for (ContextObserver observer : observers) {
      try {
        observer.onEnded(context, error, nanos);
      } catch (Throwable failure) {
        Observation.failed(failure);
      }
    }
  }
}
