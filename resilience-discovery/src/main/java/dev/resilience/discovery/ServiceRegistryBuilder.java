package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.time.Duration;
import java.util.Objects;

/** Says how a {@link ServiceRegistry} over a {@link RegistryStore} behaves. Not thread-safe. */
public final class ServiceRegistryBuilder {

  final RegistryStore store;
  Duration leaseTime = Duration.ofSeconds(30);
  Duration operationLimit = Duration.ofSeconds(1);
  Duration farewell = Duration.ofSeconds(1);
  Duration keepVanished = Duration.ofSeconds(30);
  Duration refreshEvery = Duration.ofSeconds(30);

  ServiceRegistryBuilder(RegistryStore store) {
    this.store = store;
  }

  /**
   * How long an instance stays registered of which nothing more is heard. Heartbeats come three
   * times as often.
   *
   * @param newLeaseTime positive. Default: 30 s
   */
  public ServiceRegistryBuilder leaseTime(Duration newLeaseTime) {
    leaseTime = positive("leaseTime", newLeaseTime);
    return this;
  }

  /**
   * How long one question to the store may take.
   *
   * @param newOperationLimit positive. Default: 1 s
   */
  public ServiceRegistryBuilder operationLimit(Duration newOperationLimit) {
    operationLimit = positive("operationLimit", newOperationLimit);
    return this;
  }

  /**
   * How long an instance that is withdrawn is still shown as draining, so that those who watch see
   * that it left on purpose.
   *
   * @param newFarewell zero or more. Default: 1 s
   */
  public ServiceRegistryBuilder farewell(Duration newFarewell) {
    farewell = notNegative("farewell", newFarewell);
    return this;
  }

  /**
   * How long a watch keeps instances of which more than half vanish at once, and without having
   * drained: that is rather a registry that lost its memory than that many deaths. They are shown
   * as stale meanwhile.
   *
   * @param newKeepVanished zero or more; zero: believes everything at once. Default: 30 s
   */
  public ServiceRegistryBuilder keepVanished(Duration newKeepVanished) {
    keepVanished = notNegative("keepVanished", newKeepVanished);
    return this;
  }

  /**
   * How often a watch asks although it was told of no change.
   *
   * @param newRefreshEvery positive; each time up to a tenth more or less. Default: 30 s
   */
  public ServiceRegistryBuilder refreshEvery(Duration newRefreshEvery) {
    refreshEvery = positive("refreshEvery", newRefreshEvery);
    return this;
  }

  /**
   * The registry.
   *
   * @param owner when it ends, all leases are withdrawn and all watches end
   */
  public ServiceRegistry open(Context owner) {
    return new StoredRegistry(this, Objects.requireNonNull(owner, "owner"));
  }

  static Duration positive(String what, Duration value) {
    if (Objects.requireNonNull(value, what).compareTo(Duration.ZERO) <= 0) {
      throw new IllegalArgumentException(what + ": " + value + " (expected: > 0)");
    }
    return value;
  }

  static Duration notNegative(String what, Duration value) {
    if (Objects.requireNonNull(value, what).isNegative()) {
      throw new IllegalArgumentException(what + ": " + value + " (expected: >= 0)");
    }
    return value;
  }
}
