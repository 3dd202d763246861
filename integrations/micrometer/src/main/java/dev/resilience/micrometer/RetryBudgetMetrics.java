package dev.resilience.micrometer;

import dev.resilience.policy.RetryBudget;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/**
 * What is left in a retry budget: {@code resilience.retry.budget.available} tokens; tag {@code
 * budget}.
 */
public final class RetryBudgetMetrics implements MeterBinder {

  private final String name;
  private final RetryBudget budget;

  private RetryBudgetMetrics(String name, RetryBudget budget) {
    this.name = Objects.requireNonNull(name, "name");
    this.budget = Objects.requireNonNull(budget, "budget");
  }

  /** For one budget, which has no name of its own. */
  public static RetryBudgetMetrics of(String name, RetryBudget budget) {
    return new RetryBudgetMetrics(name, budget);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    new Meters<>(registry, budget, Tags.of("budget", name))
        .gauge(
            "resilience.retry.budget.available",
            "tokens",
            "Retries that are paid for",
            RetryBudget::available);
  }
}
