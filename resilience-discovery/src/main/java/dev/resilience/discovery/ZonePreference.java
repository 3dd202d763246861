package dev.resilience.discovery;

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
 * while the three are well, 93 % if one of them is out, 47 % if two are, and none if none is left.
 * An instance that is brought back gently counts with its present weight. Another attempt of a call
 * goes to another zone where this one has nobody left whom the call has not tried. In panic ({@link
 * HealthChecks#panicBelow}) zones do not count.
 *
 * <p>Immutable. Source: the zone aware routing and the overprovisioning factor of Envoy, whose 1.4
 * this is; Envoy also knows how its own callers are spread, which a client does not.
 *
 * @param zone where the caller is, as {@link ServiceInstance#zone} names it; not empty
 * @param headroom how many times its usual load an instance can take; at least 1. Default: 1.4
 */
public record ZonePreference(String zone, double headroom) {

  /** Refuses what makes no sense. */
  public ZonePreference {
    if (Objects.requireNonNull(zone, "zone").isEmpty()) {
      throw new IllegalArgumentException("zone: \"\" (expected: a name)");
    }
    Names.zone(zone);
    if (!(headroom >= 1) || Double.isInfinite(headroom)) {
      throw new IllegalArgumentException("headroom: " + headroom + " (expected: >= 1)");
    }
  }

  /** A preference with the default headroom. */
  public static ZonePreference of(String zone) {
    return new ZonePreference(zone, 1.4);
  }

  /** The same with another headroom, at least 1. */
  public ZonePreference withHeadroom(double newHeadroom) {
    return new ZonePreference(zone, newHeadroom);
  }
}
