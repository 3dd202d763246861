package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A few probes pass. Each stands in a slot: the slot is the permit, and who finds his own probe in
 * it still holds it. So a permit goes back once whatever happens, a probe that never returns is
 * replaced when its time is up, and what it says later is not heard.
 */
final class HalfOpen implements State {

  private final AtomicReferenceArray<@Nullable Probe> slots;
  private final AtomicInteger successes = new AtomicInteger();

  HalfOpen(int permits) {
    this.slots = new AtomicReferenceArray<>(permits);
  }

  @Override
  public Circuit circuit() {
    return Circuit.HALF_OPEN;
  }

  /** A permit, or null if all are in use. */
  @Nullable Probe tryAcquire(long now, long probeTimeout) {
    Probe probe = null;
    for (int i = 0; i < slots.length(); i++) {
      Probe holder = slots.get(i);
      if (holder == null || holder.age(now) >= probeTimeout) {
        probe = new Probe(this, i, now);
        if (slots.compareAndSet(i, holder, probe)) {
          return probe;
        }
      }
    }
    return null;
  }

  /** Gives a permit back; false if it was given back or taken over before. */
  boolean release(Probe probe) {
    return slots.compareAndSet(probe.slot(), probe, null);
  }

  /** One more probe went well; returns how many have. */
  int success() {
    return successes.incrementAndGet();
  }

  /** The time until the first permit in use expires. */
  long untilExpiry(long now, long probeTimeout) {
    long earliest = probeTimeout;
    for (int i = 0; i < slots.length(); i++) {
      Probe holder = slots.get(i);
      if (holder != null) {
        earliest = Math.min(earliest, probeTimeout - holder.age(now));
      }
    }
    return Math.max(earliest, 0);
  }

  int probesUnderWay() {
    int underWay = 0;
    for (int i = 0; i < slots.length(); i++) {
      if (slots.get(i) != null) {
        underWay++;
      }
    }
    return underWay;
  }
}
