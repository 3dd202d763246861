package dev.resilience.observe;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.policy.Classifier;
import dev.resilience.stage.CallerFuture;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells why an operation failed, by whose context ended and why, not by the class of the exception
 * alone.
 *
 * <pre>{@code
 * try {
 *   return orders.call(ctx, c -> api.place(c, order));
 * } catch (Exception e) {
 *   if (!analysis.kindOf(ctx, e).isCancellation()) {
 *     alarm(e);
 *   }
 *   throw e;
 * }
 * }</pre>
 *
 * <p>The verdict is the {@link Classifier}'s. A cancellation is the user's if its cause is {@link
 * CancelReason#USER}, if it has none, or if the future of the call was cancelled; any other cause
 * is the system's. {@link #userCancellationIf} adds causes of your own.
 *
 * <p>Immutable and thread-safe.
 */
public final class ErrorAnalysis {

  private static final ErrorAnalysis DEFAULTS =
      new ErrorAnalysis(Classifier.ofDefaults(), cause -> false);

  private final Classifier classifier;
  private final Predicate<? super Throwable> users;

  private ErrorAnalysis(Classifier classifier, Predicate<? super Throwable> users) {
    this.classifier = classifier;
    this.users = users;
  }

  /** By the default classifier and causes. */
  public static ErrorAnalysis ofDefaults() {
    return DEFAULTS;
  }

  /** The same by another classifier, best that of the policies. */
  public ErrorAnalysis judgedBy(Classifier newClassifier) {
    return new ErrorAnalysis(Objects.requireNonNull(newClassifier, "classifier"), users);
  }

  /** The same where a cause of a cancellation for which this holds is the user's as well. */
  public ErrorAnalysis userCancellationIf(Predicate<? super Throwable> areUsers) {
    Objects.requireNonNull(areUsers, "areUsers");
    return new ErrorAnalysis(classifier, cause -> areUsers.test(cause) || users.test(cause));
  }

  /**
   * What kind of error it is.
   *
   * @param caller the context that the operation was called with
   * @param failure what came out; a {@link java.util.concurrent.CompletionException} around it does
   *     not matter
   */
  public ErrorKind kindOf(Context caller, Throwable failure) {
    return switch (classifier.judge(caller, Failures.unwrap(failure))) {
      case CALLER_CANCELLED ->
          isUsers(caller) ? ErrorKind.USER_CANCELLED : ErrorKind.SYSTEM_CANCELLED;
      case INTERRUPTED -> ErrorKind.SYSTEM_CANCELLED;
      case TIMED_OUT -> ErrorKind.TIMED_OUT;
      case DEADLINE_EXCEEDED, DEADLINE_EXCEEDED_EARLY, DEADLINE_EXCEEDED_BEFORE_DISPATCH ->
          ErrorKind.DEADLINE_EXCEEDED;
      case REJECTED, NO_TIME_LEFT -> ErrorKind.REJECTED;
      case SUCCESS, FATAL, FAILURE, PERMANENT_FAILURE, IGNORED -> ErrorKind.OTHER;
    };
  }

  private boolean isUsers(Context caller) {
    @Nullable Throwable cause = caller.cause();
    return cause == null
        || cause == caller.error()
        || cause == CancelReason.USER
        || cause == CallerFuture.LEFT
        || users.test(cause);
  }
}
