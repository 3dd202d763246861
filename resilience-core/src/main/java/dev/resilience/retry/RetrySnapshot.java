package dev.resilience.retry;

import dev.resilience.policy.RetryBudget;

/**
 * The figures of a {@link Retry} at one moment, each for itself: calls that end meanwhile may be
 * seen in some of them only. Immutable.
 */
public final class RetrySnapshot {

  private final String name;
  private final long retries;
  private final long recovered;
  private final long stopped;
  private final long unpaid;
  private final double budgetAvailable;
  private final double budgetCapacity;

  RetrySnapshot(String name, RetryCounters counters, RetryBudget budget) {
    this.name = name;
    this.retries = counters.retries.sum();
    this.recovered = counters.recovered.sum();
    this.stopped = counters.stopped.sum();
    this.unpaid = counters.unpaid.sum();
    this.budgetAvailable = budget.available();
    this.budgetCapacity = budget.capacity();
  }

  /** The name of the retry. */
  public String name() {
    return name;
  }

  /** Attempts besides the first one of a call, ever. */
  public long retries() {
    return retries;
  }

  /** Calls that such an attempt answered, ever. */
  public long recovered() {
    return recovered;
  }

  /** Calls that failed and were not tried again, or not once more, ever. */
  public long stopped() {
    return stopped;
  }

  /** Attempts that the budget did not allow, ever. */
  public long unpaid() {
    return unpaid;
  }

  /** Tokens in the budget, without what time has earned since the last were taken. */
  public double budgetAvailable() {
    return budgetAvailable;
  }

  /** The most tokens that the budget holds; infinite where there is no limit. */
  public double budgetCapacity() {
    return budgetCapacity;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + retries
        + " retries, "
        + recovered
        + " recovered, "
        + stopped
        + " stopped, "
        + unpaid
        + " unpaid, budget "
        + budgetAvailable
        + " of "
        + budgetCapacity;
  }
}
