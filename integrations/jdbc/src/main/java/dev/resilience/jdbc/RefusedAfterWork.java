package dev.resilience.jdbc;

import static java.util.Objects.requireNonNull;

import dev.resilience.error.Failures;
import dev.resilience.error.RejectedException;

/**
 * Something that the work used has refused a call, another pool for example, after a statement of
 * the work had been executed. For the work as a whole that is no refusal: to repeat it would
 * execute the statement twice. Within the policies this stands in the place of the failure, which
 * is what the caller gets.
 */
final class RefusedAfterWork extends Exception {

  private static final long serialVersionUID = 1L;

  private RefusedAfterWork(Throwable refusal) {
    super("refused after a statement was executed", refusal, true, false);
  }

  /** What the policies are to see of a failure of work that has executed a statement. */
  static Throwable of(Throwable failure) {
    return failure instanceof RejectedException || SqlFailures.isRefusal(failure)
        ? new RefusedAfterWork(failure)
        : failure;
  }

  /** What the caller is to see of a failure that comes out of the policies. */
  static Throwable unwrap(Throwable failure) {
    if (!(failure instanceof RefusedAfterWork)) {
      return failure;
    }
    Throwable refusal = requireNonNull(failure.getCause());
    for (Throwable told : failure.getSuppressed()) { // the report of the call
      Failures.suppress(refusal, told);
    }
    return refusal;
  }
}
