package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.ServerLoad;
import dev.resilience.discovery.health.HealthMonitor;
import dev.resilience.discovery.health.HealthStatus;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.time.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * What a client knows of an instance for as long as it is there, however its description changes.
 * Load and outcomes are written by calls, the rest by the steps of the {@link Membership} alone.
 */
final class Member {

  final Load load = new Load();
  final Outcomes outcomes = new Outcomes();
  final SlowCalls slowCalls = new SlowCalls();

  /** Why it is in or out; for {@link ServiceClient#explain}. */
  volatile Standing standing = Standing.NEW;

  volatile ServiceInstance instance;

  /** Null: there are no health checks, and who is registered counts as healthy. */
  private volatile @Nullable HealthMonitor monitor;

  /** What the checks had shown when the present step began; null as above. */
  @Nullable HealthStatus health;

  /** Not in the registry any more, and used until the newcomers have been checked. */
  boolean kept;

  boolean left;

  /** In words, while it is ejected. */
  String ejectedFor = "";

  @Nullable Deadline ejectedUntil;
  int ejections;
  @Nullable Deadline grownAt;
  private @Nullable Slot slot;

  Member(ServiceInstance instance) {
    this.instance = instance;
  }

  /** Candidates of a client are made by its members. */
  static Member of(Candidate candidate) {
    return ((Slot) candidate).member();
  }

  void checkedBy(HealthMonitor newMonitor) {
    monitor = newMonitor;
  }

  void describes(ServiceInstance newer) {
    instance = newer;
    HealthMonitor checking = monitor;
    if (checking != null) {
      checking.update(newer);
    }
  }

  boolean isEjected() {
    return ejectedUntil != null;
  }

  boolean isChecked() {
    return health == null || health.isChecked();
  }

  boolean isHealthy() {
    return health == null || health.isHealthy();
  }

  String health() {
    return health == null ? "registered" : health.toString();
  }

  void isOut(String reason) {
    stands(false, reason, 1);
  }

  void isIn(String reason, double share) {
    stands(true, reason, share);
  }

  private void stands(boolean in, String reason, double share) {
    Standing now = standing;
    if (now.in != in || now.share != share || !now.reason.equals(reason)) {
      standing = new Standing(in, reason, share);
    }
  }

  /** The same object as long as it says the same, so that an unchanged set is seen to be one. */
  Slot slot(double share) {
    Slot present = slot;
    if (present == null || present.share() != share || !present.instance().equals(instance)) {
      present = new Slot(this, load, instance, share, share * instance.weight());
      slot = present;
    }
    return present;
  }

  void leave() {
    left = true;
    HealthMonitor checking = monitor;
    if (checking != null) {
      checking.close();
    }
  }

  InstanceStatus status() {
    Standing now = standing;
    HealthMonitor checking = monitor;
    return new InstanceStatus(
        instance,
        now.in,
        now.toString(),
        checking == null ? null : checking.status().lastGood().orElse(null));
  }

  /** Put into words only when somebody asks. */
  record Standing(boolean in, String reason, double share) {

    static final Standing NEW = new Standing(false, "new", 1);

    @Override
    public String toString() {
      return share < 1 ? reason + ", at " + Math.round(share * 100) + " % of its weight" : reason;
    }
  }

  /**
   * A member as it is offered to a balancer.
   *
   * @param load that of the member, one step nearer
   */
  record Slot(Member member, Load load, ServiceInstance instance, double share, double weight)
      implements Candidate {

    @Override
    public int inFlight() {
      return load.inFlight();
    }

    @Override
    public double latencyNanos(long now) {
      return load.latencyNanos(now);
    }

    @Override
    public @Nullable ServerLoad serverLoad(long now) {
      return load.serverLoad(now);
    }

    @Override
    public boolean equals(Object object) {
      return this == object;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }

    @Override
    public String toString() {
      return instance.toString();
    }
  }
}
