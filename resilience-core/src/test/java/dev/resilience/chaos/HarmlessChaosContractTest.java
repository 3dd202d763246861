package dev.resilience.chaos;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;

/** What every policy holds, while there are no faults. */
class HarmlessChaosContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return Chaos.of("chaos");
  }
}
