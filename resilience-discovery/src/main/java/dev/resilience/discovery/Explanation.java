package dev.resilience.discovery;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Why a {@link ServiceClient} calls whom it calls; its text is made for people.
 *
 * @param service its name
 * @param instances all that are known, and for each why it is in or out
 * @param panic whether the health checks are not trusted, because too many look unwell
 * @param zoneShare the share of the calls that stay in the preferred zone; empty: zones do not
 *     count, since none is preferred, or in panic
 * @param snapshot the registry's last answer; empty: none yet
 */
public record Explanation(
    String service,
    List<Standing> instances,
    boolean panic,
    OptionalDouble zoneShare,
    Optional<Snapshot> snapshot) {

  /** Keeps its own copy. */
  public Explanation {
    instances = List.copyOf(instances);
  }

  /**
   * How an instance stands.
   *
   * @param instance as it described itself last
   * @param in whether it gets calls
   * @param reason in a few words
   */
  public record Standing(ServiceInstance instance, boolean in, String reason) {

    @Override
    public String toString() {
      return instance + (in ? ": in, " : ": out, ") + reason;
    }
  }

  @Override
  public String toString() {
    long in = instances.stream().filter(Standing::in).count();
    String answer =
        snapshot
            .map(known -> (known.isStale() ? "stale answer, " : "answer ") + known.age() + " old")
            .orElse("no answer of the registry yet");
    return service
        + ": "
        + in
        + " of "
        + instances.size()
        + " get calls; "
        + answer
        + (zoneShare.isPresent()
            ? String.format(
                Locale.ROOT, "; %.0f %% of them in their own zone", zoneShare.getAsDouble() * 100)
            : "")
        + (panic ? "; too many look unwell, so none is believed" : "")
        + instances.stream().map(one -> "\n  " + one).collect(Collectors.joining());
  }
}
