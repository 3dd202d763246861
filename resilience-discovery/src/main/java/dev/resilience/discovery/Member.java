package dev.resilience.discovery;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.time.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * What a client knows of an instance for as long as it is there, however its description changes.
 * Load and outcomes are written by calls, the rest by the steps of the {@link Roster} alone.
 */
final class Member {

  final Load load = new Load();
  final Outcomes outcomes = new Outcomes();

  /** Why it is in or out; for {@link ServiceClient#explain}. */
  volatile Standing standing = Standing.NEW;

  volatile ServiceInstance instance;

  final @Nullable Health health;
  final CancellableContext life;

  /** Not in the registry any more, and used until the newcomers have been checked. */
  boolean kept;

  @Nullable Deadline asideUntil;
  int timesAside;
  @Nullable Deadline grownAt;
  private @Nullable Slot slot;

  Member(ServiceInstance instance, @Nullable Health health, CancellableContext life) {
    this.instance = instance;
    this.health = health;
    this.life = life;
  }

  boolean isAside() {
    return asideUntil != null;
  }

  void stands(boolean in, String reason) {
    Standing now = standing;
    if (now.in() != in || !now.reason().equals(reason)) {
      standing = new Standing(in, reason);
    }
  }

  /** The same object as long as it says the same, so that an unchanged set is seen to be one. */
  Slot slot(double share) {
    Slot present = slot;
    if (present == null || present.share() != share || !present.instance().equals(instance)) {
      present = new Slot(this, instance, share, share * instance.weight());
      slot = present;
    }
    return present;
  }

  void leave() {
    life.cancel(CancelReason.CLOSED);
    life.close();
  }

  record Standing(boolean in, String reason) {
    static final Standing NEW = new Standing(false, "new");
  }

  /** A member as it is offered to a balancer. */
  record Slot(Member member, ServiceInstance instance, double share, double weight)
      implements Candidate {

    @Override
    public int inFlight() {
      return member.load.inFlight();
    }

    @Override
    public double latencyNanos(long now) {
      return member.load.latencyNanos(now);
    }

    @Override
    public boolean equals(Object object) {
      return this == object;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }
}
