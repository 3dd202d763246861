package dev.resilience.diagnostics;

import dev.resilience.context.Context;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The contexts that an observer follows: flat, bounded, without a lock of its own. Who stands below
 * whom is asked of the contexts when a dump is made.
 */
final class TrackedContexts {

  private final Set<TrackedContext> live = ConcurrentHashMap.newKeySet();
  private final AtomicLong lastId = new AtomicLong();
  private final LongAdder untracked = new LongAdder();
  private final int most;
  private final Runnable added;
  private volatile boolean on = true;

  final ReferenceQueue<Context> collected = new ReferenceQueue<>();

  /**
   * None yet.
   *
   * @param most how many are followed at once
   * @param added run after each that is added
   */
  TrackedContexts(int most, Runnable added) {
    this.most = most;
    this.added = added;
  }

  /** Whether one more may be followed; counts those that may not. */
  boolean hasRoom() {
    if (!on) {
      return false;
    }
    if (live.size() < most) {
      return true;
    }
    untracked.increment();
    return false;
  }

  void add(TrackedContext context) {
    live.add(context);
    if (!on) {
      // Switched off meanwhile: nobody would take it out again.
      live.remove(context);
      return;
    }
    added.run();
  }

  boolean remove(TrackedContext context) {
    return live.remove(context);
  }

  /** Those that neither ended nor were forgotten; or not yet seen to be. Never waits. */
  List<TrackedContext> all() {
    return new ArrayList<>(live);
  }

  /** Takes out those that were collected without having ended. */
  List<TrackedContext> takeCollected() {
    List<TrackedContext> forgotten = new ArrayList<>();
    Reference<?> next;
    while ((next = collected.poll()) != null) {
      if (next instanceof TrackedContext context && live.remove(context)) {
        forgotten.add(context);
      }
    }
    return forgotten;
  }

  /** The number of one more context, in order of derivation, from 1. */
  long nextId() {
    return lastId.incrementAndGet();
  }

  int size() {
    return live.size();
  }

  boolean isEmpty() {
    return live.isEmpty();
  }

  /** How many were not followed because there were too many. */
  long untracked() {
    return untracked.sum();
  }

  boolean isOn() {
    return on;
  }

  void switchOn() {
    on = true;
  }

  /** Follows none from now on, and forgets those that it did. */
  void switchOff() {
    on = false;
    live.clear();
    while (collected.poll() != null) {
      // They belong to nobody any more.
    }
  }
}
