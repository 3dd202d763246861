package dev.resilience.limit;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;

/** What every policy holds. */
class ConcurrencyLimitContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return ConcurrencyLimit.of(1);
  }
}
