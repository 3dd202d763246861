package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.FilterChoice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Takes out those that are ejected, but not more of them than allowed: where too few would be left,
 * those stay that have answered last.
 */
final class EjectionFilter implements CandidateFilter {

  private final Ejection ejection;
  private final long now;

  EjectionFilter(Ejection ejection, long now) {
    this.ejection = ejection;
    this.now = now;
  }

  @Override
  public String name() {
    return "ejection";
  }

  @Override
  public FilterChoice choose(List<Candidate> candidates) {
    List<Candidate> ejected = new ArrayList<>();
    long soonest = Long.MAX_VALUE;
    for (Candidate candidate : candidates) {
      Member member = Member.of(candidate);
      if (member.ejectedUntil != null) {
        ejected.add(candidate);
        soonest = Math.min(soonest, member.ejectedUntil.nanos() - now);
      }
    }
    if (ejected.isEmpty()) {
      return FilterChoice.all();
    }
    ejected.sort(Comparator.comparingLong(one -> Member.of(one).load.sinceAnswer(now)));
    // The epsilon is for shares such as 0.29, of which a hundred are 28.999999999999996.
    int most = (int) (ejection.maxEjectedShare() * candidates.size() + 1e-9);
    int floor = Math.max(1, candidates.size() - most);
    int tooMany = Math.max(0, floor - (candidates.size() - ejected.size()));
    Set<Candidate> out = new HashSet<>(ejected.subList(tooMany, ejected.size()));
    return FilterChoice.keep(
            candidates.stream().filter(candidate -> !out.contains(candidate)).toList())
        .validFor(Duration.ofNanos(Math.max(1, soonest)));
  }
}
