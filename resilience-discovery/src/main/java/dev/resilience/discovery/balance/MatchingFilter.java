package dev.resilience.discovery.balance;

import dev.resilience.discovery.registry.ServiceInstance;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/** Divides the candidates by what their instances say of themselves. */
abstract class MatchingFilter implements CandidateFilter {

  private final String name;
  private final Predicate<? super ServiceInstance> matches;
  private final boolean allWhereNoneMatches;

  MatchingFilter(
      String name, Predicate<? super ServiceInstance> matches, boolean allWhereNoneMatches) {
    this.name = Objects.requireNonNull(name, "name");
    this.matches = Objects.requireNonNull(matches, "matches");
    this.allWhereNoneMatches = allWhereNoneMatches;
  }

  abstract FilterChoice divided(List<Candidate> matching);

  @Override
  public String name() {
    return name;
  }

  @Override
  public FilterChoice choose(List<Candidate> candidates) {
    List<Candidate> matching =
        candidates.stream().filter(candidate -> matches.test(candidate.instance())).toList();
    return matching.isEmpty() && allWhereNoneMatches ? FilterChoice.all() : divided(matching);
  }

  @Override
  public String toString() {
    return name;
  }
}
