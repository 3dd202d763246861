package dev.resilience.discovery.client;

import dev.resilience.discovery.Checks;
import java.util.Objects;

/**
 * Keeps calls within a zone as long as the zone has the capacity for them: shorter ways, and no
 * bill for traffic between zones.
 *
 * <pre>{@code
 * ServiceClient orders = ServiceClient.builder("orders", registry)
 *     .zone(ZonePreference.of("eu-1"))
 *     .open(ctx);
 * }</pre>
 *
 * <p>Callers are taken to be spread evenly over the zones in which there are instances, so that a
 * zone is due {@code registered weight of all / number of zones}. What the zone can offer just now,
 * times the headroom, of what it is due is the share of the calls that stay. The others go to the
 * other zones. With three zones of three instances each and the default headroom, all calls stay
 * while the three are healthy, 93 % if one of them is out, 47 % if two are, and none if none is
 * left. An instance in slow start counts with its present weight. Another attempt of a call goes to
 * another zone where this one has no instance left that the call has not tried. In panic ({@link
 * dev.resilience.discovery.health.HealthChecks#panicBelow}) zones do not count.
 *
 * <p>Immutable. Source: the zone aware routing and the overprovisioning factor of Envoy, whose 1.4
 * this is; Envoy also knows how its own callers are spread, which a client does not.
 */
public final class ZonePreference {

  private final String zone;
  private final double headroom;

  private ZonePreference(Builder builder) {
    this.zone = builder.zone;
    this.headroom = builder.headroom;
  }

  /** A preference with the default headroom. */
  public static ZonePreference of(String zone) {
    return builder(zone).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param zone where the caller is, as {@link
   *     dev.resilience.discovery.registry.ServiceInstance#zone} names it; not empty
   */
  public static Builder builder(String zone) {
    return new Builder(zone);
  }

  /** Where the caller is. */
  public String zone() {
    return zone;
  }

  /** How many times its usual load an instance can take. */
  public double headroom() {
    return headroom;
  }

  /** The settings, for people. */
  @Override
  public String toString() {
    return "zone " + zone + ", headroom " + headroom;
  }

  /** Builds a {@link ZonePreference}. Not thread-safe. */
  public static final class Builder {

    private final String zone;
    private double headroom = 1.4;

    private Builder(String zone) {
      if (Objects.requireNonNull(zone, "zone").isEmpty()) {
        throw new IllegalArgumentException("zone: \"\" (expected: a name)");
      }
      this.zone = Checks.zone(zone);
    }

    /**
     * How many times its usual load an instance can take.
     *
     * @param newHeadroom at least 1. Default: 1.4
     */
    public Builder headroom(double newHeadroom) {
      if (!(newHeadroom >= 1) || Double.isInfinite(newHeadroom)) {
        throw new IllegalArgumentException("headroom: " + newHeadroom + " (expected: >= 1)");
      }
      headroom = newHeadroom;
      return this;
    }

    /** The preference. */
    public ZonePreference build() {
      return new ZonePreference(this);
    }
  }
}
