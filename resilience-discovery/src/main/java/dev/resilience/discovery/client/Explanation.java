package dev.resilience.discovery.client;

import dev.resilience.discovery.registry.ServiceSnapshot;
import dev.resilience.text.DurationText;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which instances a {@link ServiceClient} calls, and why. Immutable; its text is for people. */
public final class Explanation {

  /** So many instances are named in the text; of the others it tells how many have which reason. */
  private static final int NAMED = 16;

  private static final int REASONS = 8;

  private final String service;
  private final List<InstanceStatus> instances;
  private final boolean panic;
  private final double zoneShare;
  private final List<String> filters;
  private final @Nullable ServiceSnapshot snapshot;

  Explanation(
      String service,
      List<InstanceStatus> instances,
      boolean panic,
      double zoneShare,
      List<String> filters,
      @Nullable ServiceSnapshot snapshot) {
    this.service = service;
    this.instances = List.copyOf(instances);
    this.panic = panic;
    this.zoneShare = zoneShare;
    this.filters = filters;
    this.snapshot = snapshot;
  }

  /** The name of the service. */
  public String service() {
    return service;
  }

  /** All known instances, in the order of their ids; unmodifiable. */
  public List<InstanceStatus> instances() {
    return instances;
  }

  /** Whether the health checks are not trusted because too many instances look unhealthy. */
  public boolean isPanic() {
    return panic;
  }

  /** The share of the calls that stay in the preferred zone; empty: zones do not count now. */
  public OptionalDouble zoneShare() {
    return Double.isNaN(zoneShare) ? OptionalDouble.empty() : OptionalDouble.of(zoneShare);
  }

  /** The names of the filters in the order in which they are asked; empty: nothing known yet. */
  public List<String> filters() {
    return filters;
  }

  /** The last answer of the registry; empty: none yet. */
  public Optional<ServiceSnapshot> snapshot() {
    return Optional.ofNullable(snapshot);
  }

  /** Bounded, however many instances there are. */
  @Override
  public String toString() {
    long in = instances.stream().filter(InstanceStatus::isIn).count();
    ServiceSnapshot known = snapshot;
    String answer =
        known == null
            ? "no answer of the registry yet"
            : (known.isStale() ? "stale answer, " : "answer ")
                + DurationText.of(known.age())
                + " old";
    return service
        + ": "
        + in
        + " of "
        + instances.size()
        + " get calls; "
        + answer
        + (Double.isNaN(zoneShare)
            ? ""
            : String.format(Locale.ROOT, "; %.0f %% of them in their own zone", zoneShare * 100))
        + (panic ? "; too many look unhealthy, so the checks are not trusted" : "")
        + (filters.isEmpty() ? "" : "; filters: " + String.join(", ", filters))
        + instances.stream().limit(NAMED).map(one -> "\n  " + one).collect(Collectors.joining())
        + others();
  }

  private String others() {
    if (instances.size() <= NAMED) {
      return "";
    }
    Map<String, Long> reasons =
        instances.stream()
            .skip(NAMED)
            .collect(
                Collectors.groupingBy(
                    one -> (one.isIn() ? "in, " : "out, ") + one.reason(),
                    TreeMap::new,
                    Collectors.counting()));
    return "\n  and "
        + (instances.size() - NAMED)
        + " more: "
        + reasons.entrySet().stream()
            .sorted(
                Comparator.comparing(
                    (Function<Map.Entry<String, Long>, Long>) Map.Entry::getValue,
                    Comparator.reverseOrder()))
            .limit(REASONS)
            .map(reason -> reason.getValue() + " " + reason.getKey())
            .collect(Collectors.joining("; "))
        + (reasons.size() > REASONS ? "; ..." : "");
  }
}
