package dev.resilience.discovery.registry;

import dev.resilience.discovery.Checks;
import dev.resilience.text.DurationText;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * The instances of a service at the last answer of the registry, and how old that is.
 *
 * <p>Immutable; only {@link #age} reads a clock.
 */
public final class ServiceSnapshot {

  private final String service;
  private final List<ServiceInstance> registered;
  private final List<ServiceInstance> instances;
  private final boolean stale;
  private final long taken;
  private final TimeSource time;

  private ServiceSnapshot(
      String service,
      List<ServiceInstance> registered,
      boolean stale,
      long taken,
      TimeSource time) {
    this.service = service;
    this.registered = registered;
    this.instances =
        registered.stream().anyMatch(ServiceInstance::isDraining)
            ? registered.stream().filter(instance -> !instance.isDraining()).toList()
            : registered;
    this.stale = stale;
    this.taken = taken;
    this.time = time;
  }

  /**
   * What a registry has just answered.
   *
   * @param service the name that was asked for
   * @param registered all that are registered, those that drain included; of those with the same
   *     {@link ServiceInstance#id} the last one counts
   * @param time where the age is measured
   */
  public static ServiceSnapshot of(
      String service, List<ServiceInstance> registered, TimeSource time) {
    Objects.requireNonNull(time, "time");
    return new ServiceSnapshot(
        Checks.service(service), IdOrder.ordered(registered), false, time.nanoTime(), time);
  }

  /** The same answer, which the registry does not confirm any more. */
  ServiceSnapshot asStale() {
    return stale ? this : new ServiceSnapshot(service, registered, true, taken, time);
  }

  /** Whom a registry named, with those that are kept although it did not name them. */
  ServiceSnapshot doubted(List<ServiceInstance> kept) {
    return new ServiceSnapshot(service, IdOrder.ordered(kept), true, taken, time);
  }

  boolean saysTheSameAs(ServiceSnapshot other) {
    return stale == other.stale && registered.equals(other.registered);
  }

  /** The name of the service. */
  public String service() {
    return service;
  }

  /** Who can be called: registered and not draining. In the order of their ids; unmodifiable. */
  public List<ServiceInstance> instances() {
    return instances;
  }

  /** All that are registered, those that drain included. In order; unmodifiable. */
  public List<ServiceInstance> registered() {
    return registered;
  }

  /**
   * Whether the registry does not stand by this answer: it could not be asked since, or its newer
   * answer is so much smaller that it is not believed yet.
   */
  public boolean isStale() {
    return stale;
  }

  /** How long ago the registry gave this answer. Reads the clock. */
  public Duration age() {
    return Duration.ofNanos(Math.max(0, time.nanoTime() - taken));
  }

  /** The service, the instances, and how fresh this is, for people. */
  @Override
  public String toString() {
    return service
        + " "
        + registered
        + (stale ? ", stale, " : ", ")
        + DurationText.of(age())
        + " old";
  }
}
