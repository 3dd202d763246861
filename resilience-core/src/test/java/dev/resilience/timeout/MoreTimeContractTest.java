package dev.resilience.timeout;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds; what it is there for, {@link MoreTimeTest} shows. */
class MoreTimeContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return MoreTime.atLeast(Duration.ofMillis(500));
  }
}
