package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.FilterChoice;
import dev.resilience.text.SafeText;
import java.util.List;
import java.util.Objects;

/** A user's filter, with the name that it had when it was added. */
record NamedFilter(String name, CandidateFilter filter) implements CandidateFilter {

  static NamedFilter of(CandidateFilter filter) {
    return new NamedFilter(
        SafeText.of(Objects.requireNonNull(filter.name(), "name of the filter")), filter);
  }

  @Override
  public FilterChoice choose(List<Candidate> candidates) {
    return Objects.requireNonNull(filter.choose(candidates), "choice of the filter");
  }
}
