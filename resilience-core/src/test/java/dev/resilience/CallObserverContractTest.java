package dev.resilience;

import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;

class CallObserverContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return new CallObserver("calls", Classifier.ofDefaults(), PolicyListener.none());
  }
}
