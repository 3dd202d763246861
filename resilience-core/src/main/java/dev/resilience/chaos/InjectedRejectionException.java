package dev.resilience.chaos;

import dev.resilience.error.RejectedException;

/** What a call fails with when {@link Fault#reject} hits it. The dependency was not called. */
public final class InjectedRejectionException extends RejectedException {

  private static final long serialVersionUID = 1L;

  InjectedRejectionException(String policy) {
    super(policy + ": an injected rejection", null);
  }
}
