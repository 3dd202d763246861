package dev.resilience.chaos;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;

/** What every policy holds, while each call is hit by a fault that lets it through. */
class ChaosContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return Chaos.builder("chaos").faults(Fault.behaviour(1, ctx -> {})).build();
  }
}
