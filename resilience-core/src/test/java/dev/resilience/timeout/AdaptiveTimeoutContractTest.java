package dev.resilience.timeout;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds. */
class AdaptiveTimeoutContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    Duration minute = Duration.ofMinutes(1);
    return AdaptiveTimeout.builder("minute").between(minute, minute).build();
  }
}
