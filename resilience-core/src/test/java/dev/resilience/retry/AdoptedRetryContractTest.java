package dev.resilience.retry;

import dev.failsafe.RetryPolicy;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;

/** What every policy holds. */
class AdoptedRetryContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return Retry.of(RetryPolicy.ofDefaults());
  }
}
