package dev.resilience.chaos;

/**
 * What a call fails with when {@link Fault#error(double)} hits it. No exception of this library's
 * own, so that policies take it for what it imitates: a failure of the dependency.
 */
public final class InjectedFailureException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  InjectedFailureException(String policy) {
    super(policy + ": an injected failure");
  }
}
