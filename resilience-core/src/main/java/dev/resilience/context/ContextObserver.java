package dev.resilience.context;

/**
 * Watches a tree of contexts from its root: for metrics, leak detection, dumps. Installed with
 * {@link Context#observed}; every descendant that can end by itself is reported, contexts that
 * merely add values are not.
 *
 * <p>Called on the thread that derives or ends, without a lock; calls for different contexts come
 * concurrently. Be quick. What a method throws is contained and logged.
 */
public interface ContextObserver {

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
}
