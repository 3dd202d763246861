package dev.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.NoInstanceException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.policy.Verdict;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class GrpcStatusesTest {

  private static Throwable endOf(Throwable cause) {
    try (var ctx = Context.background().withCancel()) {
      ctx.cancel(cause);
      return ctx.toException();
    }
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        arguments(endOf(CancelReason.USER), Code.CANCELLED),
        arguments(endOf(CancelReason.SHUTDOWN), Code.UNAVAILABLE),
        arguments(
            Context.background().withTimeout(Duration.ZERO).toException(), Code.DEADLINE_EXCEEDED),
        arguments(new AttemptTimeoutException("t", Duration.ofSeconds(1)), Code.DEADLINE_EXCEEDED),
        arguments(new NoTimeLeftException("no"), Code.DEADLINE_EXCEEDED),
        arguments(
            new RateLimitExceededException("r", Duration.ofSeconds(1)), Code.RESOURCE_EXHAUSTED),
        arguments(new CircuitOpenException("c"), Code.UNAVAILABLE),
        arguments(new ConcurrencyLimitExceededException("l"), Code.UNAVAILABLE),
        arguments(new NoInstanceException("n"), Code.UNAVAILABLE),
        arguments(new CallInterruptedException(new InterruptedException()), Code.CANCELLED),
        arguments(new StatusException(Status.ABORTED), Code.ABORTED),
        arguments(new StatusRuntimeException(Status.NOT_FOUND), Code.NOT_FOUND),
        arguments(new IllegalStateException("secret"), Code.UNKNOWN),
        arguments(new AssertionError("secret"), Code.UNKNOWN));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failures_have_their_statuses_wrapped_or_not(Throwable failure, Code expected) {
    for (Throwable each : new Throwable[] {failure, new CompletionException(failure)}) {
      Status status = GrpcStatuses.of(each);
      assertThat(status.getCode()).isEqualTo(expected);
      assertThat(String.valueOf(status.getDescription())).doesNotContain("secret");
      assertThat(GrpcStatuses.trailersOf(each)).isNotNull();
    }
  }

  /** Each code has a verdict; the table of the page. */
  @ParameterizedTest
  @CsvSource({
    "CANCELLED,FAILURE",
    "UNKNOWN,FAILURE",
    "INVALID_ARGUMENT,SUCCESS",
    "DEADLINE_EXCEEDED,FAILURE",
    "NOT_FOUND,SUCCESS",
    "ALREADY_EXISTS,SUCCESS",
    "PERMISSION_DENIED,SUCCESS",
    "RESOURCE_EXHAUSTED,REJECTED",
    "FAILED_PRECONDITION,SUCCESS",
    "ABORTED,SUCCESS",
    "OUT_OF_RANGE,SUCCESS",
    "UNIMPLEMENTED,SUCCESS",
    "INTERNAL,FAILURE",
    "UNAVAILABLE,FAILURE",
    "DATA_LOSS,PERMANENT_FAILURE",
    "UNAUTHENTICATED,SUCCESS"
  })
  void statuses_have_their_verdicts(Code code, Verdict expected) {
    var root = Context.background();
    Status status = code.toStatus();
    assertThat(GrpcStatuses.classifier().judge(root, status.asRuntimeException()))
        .isEqualTo(expected);
    assertThat(GrpcStatuses.classifier().judge(root, status.asException())).isEqualTo(expected);
  }

  /** What the caller gave up on is not evidence, whatever the status says. */
  @ParameterizedTest
  @EnumSource(
      value = Code.class,
      names = {"OK"},
      mode = EnumSource.Mode.EXCLUDE)
  void a_callers_cancel_counts_before_any_status(Code code) {
    try (var ctx = Context.background().withCancel()) {
      ctx.cancel();
      assertThat(GrpcStatuses.classifier().judge(ctx, code.toStatus().asRuntimeException()))
          .isEqualTo(Verdict.CALLER_CANCELLED);
    }
  }

  @Test
  void refused_before_work_is_told_from_failed() {
    var root = Context.background();
    Metadata marked = new Metadata();
    marked.put(Pushback.REFUSED, "limit");
    for (Code code : new Code[] {Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.UNKNOWN}) {
      var failure = code.toStatus().asRuntimeException(marked);
      assertThat(GrpcStatuses.classifier().judge(root, failure)).isEqualTo(Verdict.REJECTED);
    }
  }

  @Test
  void a_quota_without_a_time_is_not_waited_for() {
    var failure = Status.RESOURCE_EXHAUSTED.asRuntimeException();
    assertThat(GrpcStatuses.retryAfter(failure).orElseThrow()).isGreaterThan(Duration.ofDays(9999));
    assertThat(GrpcStatuses.retryAfter(Status.UNAVAILABLE.asRuntimeException())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "1,1",
    "2147483647,2147483647",
    "2147483648,",
    "99999999999999999999,",
    "-1,",
    "+5,",
    "1.5,",
    "'',",
    "' 5',",
    "abc,",
    "١٢,"
  })
  void a_pushback_is_read_or_means_never(String value, Long millis) {
    Optional<Duration> expected = Optional.ofNullable(millis).map(Duration::ofMillis);
    assertThat(Pushback.read(value)).isEqualTo(expected);
  }

  @Test
  void a_pushback_is_written_rounded_up_and_cut() {
    for (Duration each :
        new Duration[] {
          Duration.ofNanos(1), Duration.ofSeconds(Long.MAX_VALUE), Duration.ofSeconds(-5)
        }) {
      Metadata trailers = new Metadata();
      Pushback.write(trailers, each);
      Duration read = Pushback.read(trailers.get(Pushback.KEY)).orElseThrow();
      if (each.isNegative()) {
        assertThat(read).isZero();
      } else {
        assertThat(read).isIn(Duration.ofMillis(1), Duration.ofMillis(Integer.MAX_VALUE));
      }
    }
  }

  /** Whatever a server sends: a time or none, never an exception. */
  @Test
  void no_pushback_throws() {
    SplittableRandom random = new SplittableRandom(Long.getLong("resilience.seed", 14L));
    String alphabet = "0123456789-+.eE \u0000\u00ff\u0661\ud800";
    for (int i = 0; i < 200_000; i++) {
      int length = random.nextInt(24);
      StringBuilder value = new StringBuilder();
      for (int j = 0; j < length; j++) {
        value.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      Optional<Duration> read = Pushback.read(value.toString());
      read.ifPresent(
          after ->
              assertThat(after).isBetween(Duration.ZERO, Duration.ofMillis(Integer.MAX_VALUE)));
    }
  }
}
