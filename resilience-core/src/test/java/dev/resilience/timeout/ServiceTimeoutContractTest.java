package dev.resilience.timeout;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds. */
class ServiceTimeoutContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return ServiceTimeouts.builder()
        .service("service", Duration.ofMinutes(1))
        .networkOverhead(Duration.ofMillis(1))
        .monitor(TimeoutMonitor.create())
        .build()
        .forService("service");
  }
}
