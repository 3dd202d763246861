package dev.resilience.context;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Watches a tree of contexts from its root: for metrics, leak detection, dumps. Installed with
 * {@link Context#observed}; every descendant that can end by itself is reported, contexts that
 * merely add values are not. Several observers of one root are joined with {@link #all}.
 *
 * <p>Called on the thread that derives or ends, without a lock; calls for different contexts come
 * concurrently. Be quick. What a method throws is contained and logged.
 */
public interface ContextObserver {

  /**
   * Chooses who is told of a new context: this observer, another that keeps what belongs to the one
   * context, or null. A context that nobody is told of is as cheap as one below an unobserved root:
   * so a sample is taken here. Called before {@link #onDerived}. Default: this observer.
   *
   * @param context the new one, which nobody else knows yet
   * @param parent what it was derived from; for a merge the first of its sources
   */
  default @Nullable ContextObserver observerOf(Context context, Context parent) {
    return this;
  }

  /**
   * A context was derived. Comes before anything can be done with it.
   *
   * @param context the new one
   * @param parent what it was derived from; for a merge the first of its sources
   * @param nanos when, on the context's time source
   */
  default void onDerived(Context context, Context parent, long nanos) {}

  /**
   * A context has ended. Comes once, after {@link #onDerived}, before the callbacks that others
   * registered.
   *
   * @param context the ended one
   * @param error why
   * @param nanos when this was noticed, on the context's time source
   */
  default void onEnded(Context context, ContextException error, long nanos) {}

  /**
   * An observer that tells others, in this order. What one of them throws keeps nothing from the
   * next.
   *
   * @param observers none: nothing is observed
   */
  static ContextObserver all(ContextObserver... observers) {
    List<ContextObserver> list = new ArrayList<>();
    for (ContextObserver observer : observers) {
      list.add(Objects.requireNonNull(observer, "observers"));
    }
    return list.size() == 1 ? list.get(0) : new JoinedObservers(list);
  }
}
