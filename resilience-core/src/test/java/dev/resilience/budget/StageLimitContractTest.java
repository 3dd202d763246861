package dev.resilience.budget;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds. */
class StageLimitContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return new StageLimit(new Entry(Stage.of("stage", 1)), () -> Duration.ofMinutes(1));
  }
}
