package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Balancer.Picker;
import dev.resilience.discovery.balance.Candidate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has the balancer prepare for who may be called, and go on from what it prepared before: once for
 * the zone that is preferred, and once for the rest. Used by one thread at a time.
 */
final class ZonePickers {

  private final Balancer balancer;
  private final @Nullable ZonePreference preference;
  private final Side near = new Side();
  private final Side far = new Side();

  ZonePickers(Balancer balancer, @Nullable ZonePreference preference) {
    this.balancer = balancer;
    this.preference = preference;
  }

  /**
   * A picker, or null if there is nobody.
   *
   * @param candidates unmodifiable
   * @param share of the calls that stay in the preferred zone; NaN: zones do not count
   */
  @Nullable Picker over(List<Candidate> candidates, double share) {
    if (preference == null || Double.isNaN(share)) {
      return far.over(candidates);
    }
    List<Candidate> inside = new ArrayList<>(candidates.size());
    List<Candidate> outside = new ArrayList<>(candidates.size());
    for (Candidate candidate : candidates) {
      (candidate.instance().zone().equals(preference.zone()) ? inside : outside).add(candidate);
    }
    Picker stays = near.over(List.copyOf(inside));
    Picker leaves = far.over(List.copyOf(outside));
    return stays == null ? leaves : leaves == null ? stays : new ZonePicker(stays, leaves, share);
  }

  private final class Side {

    private List<Candidate> candidates = List.of();
    private @Nullable Picker picker;

    @Nullable Picker over(List<Candidate> next) {
      if (next.isEmpty()) {
        return null;
      }
      Picker present = picker;
      if (present == null) {
        present = balancer.over(next);
      } else if (!next.equals(candidates)) {
        present = balancer.over(next, present);
      }
      candidates = next;
      picker = present;
      return present;
    }
  }
}
