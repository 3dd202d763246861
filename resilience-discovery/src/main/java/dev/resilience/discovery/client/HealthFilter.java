package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.FilterChoice;
import dev.resilience.discovery.health.HealthChecks;
import java.util.List;

/** Keeps the healthy, unless there are so few of them that the checks are not trusted. */
final class HealthFilter implements CandidateFilter {

  private final HealthChecks checks;

  HealthFilter(HealthChecks checks) {
    this.checks = checks;
  }

  @Override
  public String name() {
    return "health";
  }

  @Override
  public FilterChoice choose(List<Candidate> candidates) {
    List<Candidate> healthy =
        candidates.stream().filter(candidate -> Member.of(candidate).isHealthy()).toList();
    long checked =
        candidates.stream().filter(candidate -> Member.of(candidate).isChecked()).count();
    boolean panic = checked > 0 && healthy.size() < checks.panicBelow() * checked;
    return panic || healthy.size() == candidates.size()
        ? FilterChoice.all()
        : FilterChoice.keep(healthy);
  }
}
