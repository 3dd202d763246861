package dev.resilience.configuration;

import dev.resilience.policy.RetryBudget;
import java.util.LinkedHashMap;
import java.util.Map;

/** The budgets that stacks share, by name. Immutable. */
final class Budgets {

  static final Budgets NONE = new Budgets(Map.of());

  private record Entry(Values values, RetryBudget budget) {}

  private final Map<String, Entry> entries;

  private Budgets(Map<String, Entry> entries) {
    this.entries = entries;
  }

  /** Those of a configuration; one of which nothing has changed stays what it was. */
  Budgets changedTo(Map<String, Values> wanted) {
    Map<String, Entry> next = new LinkedHashMap<>();
    wanted.forEach(
        (name, values) -> {
          Entry old = entries.get(name);
          next.put(
              name,
              old != null && old.values().equals(values)
                  ? old
                  : new Entry(values, BudgetKeys.apply(values, RetryBudget.builder()).build()));
        });
    return new Budgets(next);
  }

  /** The budget of a name that was checked. */
  RetryBudget get(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalStateException("no budget " + name);
    }
    return entry.budget();
  }
}
