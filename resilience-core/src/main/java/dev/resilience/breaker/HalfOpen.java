package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A few probes pass. Each stands in a slot: the slot is the permit, and who finds his own probe in
 * it still holds it. So a permit goes back once whatever happens, a probe that never returns is
 * replaced when its time is up, and what it says later is not heard.
 *
 * <p>A call is a probe only if it has time for an answer. Where nobody has, less and less is asked
 * for: the demand is halved again and again until a call meets it.
 */
final class HalfOpen extends State {

  /** How often the demand is halved in the time that the circuit stays open. */
  private static final int HALVINGS = 10;

  private final BreakerConfig config;
  private final int round;
  private final AtomicReferenceArray<@Nullable Probe> slots;
  private final AtomicInteger successes = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();

  /** When the circuit became half-open, or the last probe was let through. */
  private volatile long waitingSince;

  /**
   * Without a probe.
   *
   * @param round how often probes have failed since the circuit was closed
   */
  HalfOpen(BreakerConfig config, int round, long now) {
    this.config = config;
    this.round = round;
    this.slots = new AtomicReferenceArray<>(config.halfOpenPermits());
    this.waitingSince = now;
  }

  @Override
  Circuit circuit() {
    return Circuit.HALF_OPEN;
  }

  int round() {
    return round;
  }

  /**
   * How much time a call must have left to become a probe.
   *
   * @param usual how long a call takes, or may take
   */
  long demand(long usual, long now) {
    long halving = Math.max(1, config.openFor() / HALVINGS);
    long halved = Math.max(0, now - waitingSince) / halving;
    return halved >= Long.SIZE ? 0 : usual >> halved;
  }

  /** A permit, or null if all are in use. */
  @Nullable Probe tryAcquire(long now) {
    for (int i = 0; i < slots.length(); i++) {
      Probe holder = slots.get(i);
      if (holder == null || holder.age(now) >= config.probeTimeout()) {
        Probe probe = new Probe(this, i, now);
        if (slots.compareAndSet(i, holder, probe)) {
          waitingSince = now;
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

  @Nullable Transition succeeded() {
    int count = successes.incrementAndGet();
    return count >= config.closeAfter()
        ? new Transition(
            this, Circuit.CLOSED, count == 1 ? "a probe succeeded" : count + " probes succeeded")
        : null;
  }

  /**
   * A probe went wrong.
   *
   * @param how for the reason, as in "a probe failed"
   */
  @Nullable Transition failed(String how) {
    int count = failures.incrementAndGet();
    return count >= config.reopenAfter()
        ? new Transition(
            this, Circuit.OPEN, count == 1 ? how : how + ", as " + (count - 1) + " before it")
        : null;
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
