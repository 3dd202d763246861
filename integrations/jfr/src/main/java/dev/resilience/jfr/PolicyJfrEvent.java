package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import org.jspecify.annotations.Nullable;

/** What a policy or a stack did. */
abstract class PolicyJfrEvent extends ResilienceEvent {

  @Label("Policy")
  @Description("The name of the policy or the stack")
  @Nullable String policy;
}
