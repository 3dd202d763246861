package dev.resilience.grpc;

import static java.util.Objects.requireNonNull;

import dev.resilience.Preset;
import dev.resilience.context.CancelReason;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.error.RejectedException;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Retry;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a failure is on the wire, and what a status on the wire says of a call.
 *
 * <table>
 *   <caption>Failures as statuses</caption>
 *   <tr><th>failure</th><th>status</th></tr>
 *   <tr><td>the context was cancelled</td><td>CANCELLED; UNAVAILABLE at a shutdown</td></tr>
 *   <tr><td>a deadline or a time-out passed, too little time was left</td>
 *       <td>DEADLINE_EXCEEDED</td></tr>
 *   <tr><td>rate limited</td><td>RESOURCE_EXHAUSTED, with {@code grpc-retry-pushback-ms}</td></tr>
 *   <tr><td>circuit open, too many calls, no instance</td>
 *       <td>UNAVAILABLE, with {@code grpc-retry-pushback-ms} where the time is known</td></tr>
 *   <tr><td>a status exception</td><td>its own</td></tr>
 *   <tr><td>anything else</td><td>UNKNOWN</td></tr>
 * </table>
 *
 * <p>The descriptions are fixed texts; names and messages of the failure stay in this process, as
 * the {@linkplain Status#getCause cause}.
 */
public final class GrpcStatuses {

  /** Not worth waiting for, by any {@link Retry.Builder#maxRetryAfter}. */
  private static final Duration NEVER = Duration.ofSeconds(Long.MAX_VALUE);

  private GrpcStatuses() {}

  // ---- failures as statuses

  /**
   * The status of a failure, with the failure as its cause.
   *
   * @param failure of this library, a status exception, or any other
   */
  public static Status of(Throwable failure) {
    Throwable raw = Failures.unwrap(requireNonNull(failure, "failure"));
    if (raw instanceof StatusRuntimeException e) {
      return e.getStatus();
    }
    if (raw instanceof StatusException e) {
      return e.getStatus();
    }
    return statusOfOurs(raw).withCause(raw);
  }

  private static Status statusOfOurs(Throwable failure) {
    if (failure instanceof ContextCancelledException cancelled) {
      return cancelled.getCause() == CancelReason.SHUTDOWN
          ? Status.UNAVAILABLE.withDescription("shutting down")
          : Status.CANCELLED.withDescription("the context of the call was cancelled");
    }
    if (failure instanceof DeadlineExceededException || failure instanceof NoTimeLeftException) {
      return Status.DEADLINE_EXCEEDED.withDescription("the time for the call is up");
    }
    if (failure instanceof AttemptTimeoutException) {
      return Status.DEADLINE_EXCEEDED.withDescription("an attempt took too long");
    }
    if (failure instanceof RateLimitExceededException) {
      return Status.RESOURCE_EXHAUSTED.withDescription("rate limit exceeded");
    }
    if (failure instanceof RejectedException) {
      return Status.UNAVAILABLE.withDescription("overloaded or not available");
    }
    if (failure instanceof CallInterruptedException) {
      return Status.CANCELLED.withDescription("the thread of the call was interrupted");
    }
    return Status.UNKNOWN;
  }

  /**
   * The trailers that go with {@link #of}: those of a status exception, else a new object, with the
   * pushback where the failure says when trying again makes sense.
   */
  public static Metadata trailersOf(Throwable failure) {
    Throwable raw = Failures.unwrap(requireNonNull(failure, "failure"));
    Metadata theirs = Status.trailersFromThrowable(raw);
    if (theirs != null) {
      return theirs;
    }
    Metadata trailers = new Metadata();
    if (raw instanceof RejectedException rejection) {
      rejection.retryAfter().ifPresent(after -> Pushback.write(trailers, after));
    }
    return trailers;
  }

  // ---- statuses as verdicts

  /**
   * When trying again makes sense, by the {@code grpc-retry-pushback-ms} in the trailers (gRPC
   * proposal A6). A negative or unreadable value says never, and so does a RESOURCE_EXHAUSTED
   * without one that is not marked as refused before work: a quota or a size comes again. The rule
   * for {@link Retry.Builder#retryAfter}.
   *
   * @return empty where nothing is said
   */
  public static Optional<Duration> retryAfter(StatusRuntimeException failure) {
    return retryAfter(failure.getStatus(), failure.getTrailers());
  }

  private static Optional<Duration> retryAfter(Status status, @Nullable Metadata trailers) {
    String pushback = trailers == null ? null : trailers.get(Pushback.KEY);
    if (pushback != null) {
      return Optional.of(Pushback.read(pushback).orElse(NEVER));
    }
    boolean isQuota =
        status.getCode() == Status.Code.RESOURCE_EXHAUSTED && !isRefusedBeforeWork(trailers);
    return isQuota ? Optional.of(NEVER) : Optional.empty();
  }

  /**
   * Whether the server refused the call before it began any work, and says so.
   *
   * @param trailers as they came with the status
   */
  public static boolean isRefusedBeforeWork(@Nullable Metadata trailers) {
    return trailers != null && trailers.containsKey(Pushback.REFUSED);
  }

  /**
   * A classifier that knows what statuses say of a dependency: see {@link #judgedBy}, with {@link
   * Classifier#ofDefaults} for all else.
   */
  public static Classifier classifier() {
    return judgedBy(Classifier.ofDefaults());
  }

  /**
   * A classifier with rules for status exceptions.
   *
   * <ul>
   *   <li>Refused before work (marked so, with a pushback, or RESOURCE_EXHAUSTED): {@link
   *       Verdict#REJECTED}, no evidence against the server.
   *   <li>UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED by the server: {@link
   *       Verdict#FAILURE}. DATA_LOSS: {@link Verdict#PERMANENT_FAILURE}.
   *   <li>All others (NOT_FOUND, INVALID_ARGUMENT, PERMISSION_DENIED, ABORTED, UNIMPLEMENTED …) are
   *       answers: the server is well, and would say it again. {@link Verdict#SUCCESS}.
   * </ul>
   */
  public static Classifier judgedBy(Classifier classifier) {
    return requireNonNull(classifier, "classifier")
        .onFailure(StatusRuntimeException.class, e -> verdict(e.getStatus(), e.getTrailers()))
        .onFailure(StatusException.class, e -> verdict(e.getStatus(), e.getTrailers()));
  }

  private static Verdict verdict(Status status, @Nullable Metadata trailers) {
    if (isRefusedBeforeWork(trailers)) {
      return Verdict.REJECTED;
    }
    return switch (status.getCode()) {
      case RESOURCE_EXHAUSTED -> Verdict.REJECTED;
      case UNAVAILABLE ->
          trailers != null && trailers.containsKey(Pushback.KEY)
              ? Verdict.REJECTED
              : Verdict.FAILURE;
      case DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED -> Verdict.FAILURE;
      case DATA_LOSS -> Verdict.PERMANENT_FAILURE;
      default -> Verdict.SUCCESS;
    };
  }

  /**
   * The preset for remote procedure calls, with statuses judged and pushback obeyed. As {@link
   * dev.resilience.Resilience#forRpc}, for work that throws status exceptions:
   *
   * <pre>{@code
   * Resilience quotes = GrpcStatuses.preset("quotes").build();
   * Quote quote = quotes.call(ctx, c -> stub.withOption(GrpcContexts.CONTEXT, c).quote(request));
   * }</pre>
   *
   * <p>The rule for the pushback is a change of the retry. Another {@link Preset#retry} takes its
   * place, and repeats it: {@code r -> r.retryAfter(StatusRuntimeException.class,
   * GrpcStatuses::retryAfter).maxAttempts(2)}.
   *
   * @param name of the service, not blank
   */
  public static Preset preset(String name) {
    return Preset.rpc(name)
        .classifier(classifier())
        .doubtfulIf(GrpcStatuses::isDoubtful)
        .retry(GrpcStatuses::obeyPushback);
  }

  /** A circuit that a handler met in the middle of its work is told like one that it met first. */
  private static boolean isDoubtful(Object refusal) {
    if (refusal instanceof StatusRuntimeException failure) {
      return isDoubtful(failure.getStatus(), failure.getTrailers());
    }
    return refusal instanceof StatusException failure
        && isDoubtful(failure.getStatus(), failure.getTrailers());
  }

  private static boolean isDoubtful(Status status, @Nullable Metadata trailers) {
    return status.getCode() == Status.Code.UNAVAILABLE && !isRefusedBeforeWork(trailers);
  }

  static Retry.Builder obeyPushback(Retry.Builder retry) {
    return retry.retryAfter(StatusRuntimeException.class, GrpcStatuses::retryAfter);
  }
}
