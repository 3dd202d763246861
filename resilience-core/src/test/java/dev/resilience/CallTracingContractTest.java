package dev.resilience;

import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import org.junit.jupiter.api.Nested;

/** Both policies of a traced stack, under contexts that nobody traces. */
class CallTracingContractTest {

  @Nested
  class Around_a_call extends ContextPolicyContract {

    @Override
    protected ContextPolicy policy() {
      return new CallTracing("calls", Classifier.ofDefaults(), () -> "stack");
    }
  }

  @Nested
  class Around_an_attempt extends ContextPolicyContract {

    @Override
    protected ContextPolicy policy() {
      return new CallTracing.Attempts("calls", Classifier.ofDefaults());
    }
  }
}
