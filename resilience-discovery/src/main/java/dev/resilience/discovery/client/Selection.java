package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The instances that may be called now; immutable but for what its members learn.
 *
 * @param picker null: nobody may be called
 * @param zoneShare of the calls that stay in the preferred zone; NaN: zones do not count
 * @param pending whether nothing is known yet
 * @param filters their names, in order
 */
record Selection(
    List<Member> members,
    List<Candidate> candidates,
    Balancer.@Nullable Picker picker,
    double zoneShare,
    boolean panic,
    boolean pending,
    List<String> filters) {

  static final Selection UNKNOWN =
      new Selection(List.of(), List.of(), null, Double.NaN, false, true, List.of());
}
