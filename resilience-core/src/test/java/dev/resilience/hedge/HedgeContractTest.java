package dev.resilience.hedge;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds. */
class HedgeContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return Hedge.after(Duration.ofMinutes(1));
  }
}
