package dev.resilience.budget;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds. */
class PhaseLimitContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return new PhaseLimit(new PhaseRecord(Phase.of("stage", 1)), () -> Duration.ofMinutes(1));
  }
}
