package dev.resilience.context;

import org.jspecify.annotations.Nullable;

/**
 * One to be told of a scope's end: a callback, or a child scope that has waiters of its own. An
 * entry of a {@link WaiterList}; the fields are guarded by the lock of its lane.
 */
abstract sealed class Waiter permits Callback, Link {

  @Nullable Waiter before;
  @Nullable Waiter after;
}
