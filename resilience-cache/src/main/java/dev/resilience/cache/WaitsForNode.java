package dev.resilience.cache;

import dev.resilience.context.Key;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A load in the graph of loads that wait for each other, across all caches; it travels in the
 * load's context. One who is about to wait first says for whom, and then looks whether that leads
 * back to itself. So of two loads that wait for each other at least one finds out.
 */
final class WaitsForNode {

  static final Key<WaitsForNode> KEY = Key.of("resilience.cache.load", WaitsForNode.class);

  private final Set<WaitsForNode> waitsFor = ConcurrentHashMap.newKeySet(1);
  private volatile boolean over;

  void waitFor(WaitsForNode other) {
    if (!over) {
      waitsFor.add(other);
    }
  }

  void stopWaitingFor(WaitsForNode other) {
    waitsFor.remove(other);
  }

  /** Whether this load waits for itself. */
  boolean isInCircle() {
    Set<WaitsForNode> seen = new HashSet<>();
    Deque<WaitsForNode> open = new ArrayDeque<>(waitsFor);
    while (!open.isEmpty()) {
      WaitsForNode next = open.pop();
      if (next == this) {
        return !over;
      }
      if (!next.over && seen.add(next)) {
        open.addAll(next.waitsFor);
      }
    }
    return false;
  }

  /** The load waits for nobody any more, and nobody for it. */
  void end() {
    over = true;
    waitsFor.clear();
  }
}
