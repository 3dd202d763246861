package dev.resilience.configuration;

import dev.resilience.Resilience;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.RetryBudget;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stack that was built, with what it takes to keep its parts when the configuration changes.
 *
 * @param stack the whole
 * @param parts its policies
 * @param recipes of what each of them was made
 * @param budget what pays further attempts; null: there are none
 * @param ownBudget of what that was made, if it is not one of the shared ones
 * @param circuit the listener of its breaker; null: it has none
 */
record StackParts(
    Resilience stack,
    Map<PolicyKind, ContextPolicy> parts,
    Map<PolicyKind, Recipe> recipes,
    @Nullable RetryBudget budget,
    @Nullable Integer ownBudget,
    @Nullable CircuitLink circuit) {

  /**
   * All that a part depends on: one of the same recipe need not be built anew.
   *
   * @param values its section
   * @param preset whose defaults it has and whose outcomes it judges
   * @param isUnrepeatable whether the work must not be done twice
   * @param others what belongs to other parts or sections; compared by equals
   */
  record Recipe(
      Values values, @Nullable PresetKind preset, boolean isUnrepeatable, Map<String, ?> others) {

    /** Whether another one differs in its section only. */
    boolean isAlikeButFor(Recipe other) {
      return preset == other.preset
          && isUnrepeatable == other.isUnrepeatable
          && others.equals(other.others);
    }
  }
}
