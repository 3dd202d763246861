package dev.resilience.failsafe;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.Fallback;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds, held by all of Failsafe's together. */
class FailsafeStackContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return FailsafePolicies.policy(
        Fallback.builder("never").handle(IllegalMonitorStateException.class).build(),
        RetryPolicy.ofDefaults(),
        CircuitBreaker.builder().withFailureThreshold(100).build(),
        Bulkhead.builder(10).withMaxWaitTime(Duration.ofSeconds(1)).build(),
        RateLimiter.smoothBuilder(Duration.ofNanos(1)).build(),
        Timeout.builder(Duration.ofHours(1)).withInterrupt().build());
  }
}
