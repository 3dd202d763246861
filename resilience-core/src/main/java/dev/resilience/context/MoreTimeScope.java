package dev.resilience.context;

/**
 * A scope that the deadlines above do not reach. Above this scope {@code findEnd()} ignores
 * deadlines and considers cancels only. It stays linked when an ancestor ends by its deadline, so
 * as to hear of that one's late cancel.
 */
final class MoreTimeScope extends DeadlineScope {

  MoreTimeScope(Node parent, long deadline) {
    super(parent, deadline);
  }
}
