package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Balancer.Picker;
import dev.resilience.discovery.balance.Candidate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pickers that a balancer has made, one for each side of each split, so that it goes on from
 * what it prepared before. Used by one thread at a time.
 */
final class Pickers {

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
    Picker picker =
        present == null
            ? balancer.over(candidates)
            : present.candidates.equals(candidates)
                ? present.picker
                : balancer.over(candidates, present.picker);
    now.put(side, new Side(candidates, picker));
    return picker;
  }

  /** What was not asked for since the last time is let go of. */
  void decided() {
    before = now;
    now = new HashMap<>();
  }
}
