package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.FilterChoice;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Splits the calls between the preferred zone and the others by what the zone can offer of what it
 * is due. What a user's filters take away from a set is not missing capacity: the due is that part
 * of it that they have left.
 */
final class ZoneFilter implements CandidateFilter {

  private final ZonePreference preference;
  private final double due;
  private final double offeredToFilters;
  private double share = Double.NaN;

  /**
   * A filter for one decision.
   *
   * @param registered all that do not drain
   * @param offered those that are healthy and not ejected
   */
  ZoneFilter(ZonePreference preference, List<Candidate> registered, List<Candidate> offered) {
    this.preference = preference;
    Set<String> zones = new HashSet<>();
    long weight = 0;
    for (Candidate candidate : registered) {
      zones.add(candidate.instance().zone());
      weight += candidate.instance().weight();
    }
    this.due = (double) weight / Math.max(1, zones.size());
    this.offeredToFilters = weightOf(offered);
  }

  @Override
  public String name() {
    return "zone " + preference.zone();
  }

  /** The share of the calls that stay in the zone; NaN: zones do not count. */
  double share() {
    return share;
  }

  @Override
  public FilterChoice choose(List<Candidate> candidates) {
    if (candidates.stream().anyMatch(candidate -> !Member.of(candidate).isHealthy())) {
      // Panic: it is not known what a zone can offer.
      return FilterChoice.all();
    }
    List<Candidate> inside =
        candidates.stream()
            .filter(candidate -> candidate.instance().zone().equals(preference.zone()))
            .toList();
    double left = weightOf(candidates) / offeredToFilters;
    double near =
        due == 0 ? 0 : Math.min(1, preference.headroom() * weightOf(inside) / (due * left));
    share = near;
    return FilterChoice.split(inside, ctx -> stays(ctx, near));
  }

  private static boolean stays(Context ctx, double share) {
    return share >= 1 || ctx.timeSource().random().nextDouble() < share;
  }

  private static double weightOf(List<Candidate> candidates) {
    return candidates.stream().mapToDouble(Candidate::weight).sum();
  }
}
