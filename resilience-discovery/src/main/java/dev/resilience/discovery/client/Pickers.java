package dev.resilience.discovery.client;

import dev.resilience.discovery.SerialExecutor;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Balancer.Picker;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The pickers that a balancer has made, one for each side of each split, so that it goes on from
 * what it prepared before. Used by one thread at a time.
 */
final class Pickers {

  private static final Logger LOG = System.getLogger(ServiceClient.class.getName());

  private final Balancer balancer;
  private Map<String, Side> before = Map.of();
  private Map<String, Side> now = new HashMap<>();

  private record Side(List<Candidate> candidates, Picker picker) {}

  Pickers(Balancer balancer) {
    this.balancer = balancer;
  }

  /**
   * A picker for a side, or null if there is nobody.
   *
   * @param side its place among all splits
   * @param candidates unmodifiable
   */
  @Nullable Picker over(String side, List<Candidate> candidates) {
    if (candidates.isEmpty()) {
      return null;
    }
    Side present = before.get(side);
    if (present != null && present.candidates.equals(candidates)) {
      now.put(side, present);
      return present.picker;
    }
    Picker picker;
    try {
      picker =
          Objects.requireNonNull(
              present == null
                  ? balancer.over(candidates)
                  : balancer.over(candidates, present.picker),
              "picker of a balancer");
      now.put(side, new Side(candidates, picker));
    } catch (Throwable thrown) {
      // The user's balancer is asked again at the next change; until then calls go on without it.
      SerialExecutor.contained(
          () ->
              SafeText.log(
                  LOG, Level.WARNING, "a balancer failed, round robin takes its place", thrown));
      picker = Balancer.roundRobin().over(candidates);
    }
    return picker;
  }

  /** What was not asked for since the last time is let go of. */
  void decided() {
    before = now;
    now = new HashMap<>();
  }
}
