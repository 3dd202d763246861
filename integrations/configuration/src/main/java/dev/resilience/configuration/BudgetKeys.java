package dev.resilience.configuration;

import dev.resilience.policy.RetryBudget;

/** What can be said of a {@link RetryBudget}. */
final class BudgetKeys {

  static final Section SECTION =
      new Section("budgets.NAME", "What retries and hedges may spend; stacks share it by name.");

  static final Setting<Double> RATIO =
      SECTION.add(
          "ratio",
          ValueType.number(0, 1000),
          "0.2",
          "further attempts for each call that succeeds; 20 % is the same");
  static final Setting<Double> MINIMUM_PER_SECOND =
      SECTION.add(
          "minimum_per_second",
          ValueType.number(0, 1_000_000),
          "1",
          "further attempts each second, however few calls there are");
  static final Setting<Integer> BURST =
      SECTION.add(
          "burst",
          ValueType.wholeNumber(1, 1_000_000),
          "20",
          "how many unused ones are saved at most");
  static final Setting<Double> OVERLOAD_COST =
      SECTION.add(
          "overload_cost",
          ValueType.number(1, 1000),
          "2.8",
          "what a further attempt costs after a sign of overload");

  private BudgetKeys() {}

  static RetryBudget.Builder apply(Values values, RetryBudget.Builder builder) {
    values.ifGiven(RATIO, builder::ratio);
    values.ifGiven(MINIMUM_PER_SECOND, builder::minimumPerSecond);
    values.ifGiven(BURST, builder::burst);
    values.ifGiven(OVERLOAD_COST, builder::overloadCost);
    return builder;
  }
}
