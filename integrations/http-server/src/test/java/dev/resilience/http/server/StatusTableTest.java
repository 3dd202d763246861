package dev.resilience.http.server;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.http.server.StatusTable.Answer;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StatusTableTest {

  private final StatusTable table = StatusTable.ofDefaults();

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new BadRequestException("user ID required"), 400, "user ID required", null),
        Arguments.of(
            new RateLimitExceededException("rate", ofMillis(1_200)), 429, "Too many requests", "2"),
        Arguments.of(new CircuitOpenException("db", ofSeconds(3)), 503, "Service unavailable", "3"),
        Arguments.of(
            new ConcurrencyLimitExceededException("full"), 503, "Service unavailable", "1"),
        Arguments.of(
            new RequestRefusedException("overloaded", "full", ofMillis(1)),
            503,
            "Service unavailable",
            "1"),
        Arguments.of(new NoTimeLeftException("none"), 504, "Request timed out", null),
        Arguments.of(new TimeoutException(), 504, "Request timed out", null),
        Arguments.of(
            new TransferException(413, "Request body too large"),
            413,
            "Request body too large",
            null),
        Arguments.of(
            new RuntimeException("a container's", new BadRequestException("deep inside")),
            400,
            "deep inside",
            null),
        Arguments.of(new IOException("secret"), 500, "Internal server error", null),
        Arguments.of(new OutOfMemoryError("secret"), 500, "Internal server error", null));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failures_have_a_status(Throwable failure, int status, String text, String retryAfter) {
    Answer answer = table.ofFailure(failure);

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.text()).isEqualTo(text);
    assertThat(answer.retryAfterSeconds().orElse(null)).isEqualTo(retryAfter);
  }

  @Test
  void only_what_was_refused_before_work_is_marked() {
    assertThat(table.ofFailure(new CircuitOpenException("db", ofSeconds(3))).refused()).isNull();
    assertThat(table.ofFailure(new RequestRefusedException("late", "x", ofSeconds(1))).refused())
        .isEqualTo("late");
  }

  @Test
  void ends_have_a_status() {
    VirtualTime.Manual time = VirtualTime.manual();
    CancellableContext late = Context.background(time).withTimeout(ofSeconds(1));
    time.advance(ofSeconds(2));

    assertThat(table.ofEnd(late.error(), late.cause()).status()).isEqualTo(504);
    assertThat(ofCancel(CancelReason.USER).status()).isEqualTo(499);
    assertThat(ofCancel(CancelReason.SHUTDOWN).status()).isEqualTo(503);
    assertThat(ofCancel(new TransferException(408, "slow")).status()).isEqualTo(408);
  }

  private Answer ofCancel(Throwable cause) {
    CancellableContext ctx = Context.background().withCancel();
    ctx.cancel(cause);
    return table.ofEnd(ctx.error(), ctx.cause());
  }

  @Test
  void users_may_add_rows() {
    class NotFound extends RuntimeException {
      private static final long serialVersionUID = 1L;
    }
    StatusTable mine =
        table
            .with(RuntimeException.class, 502, "Bad gateway")
            .with(NotFound.class, 404, "No such user");

    assertThat(mine.ofFailure(new NotFound()).status()).isEqualTo(404);
    assertThat(mine.ofFailure(new NotFound()).text()).isEqualTo("No such user");
    assertThat(mine.ofFailure(new IllegalStateException()).status()).isEqualTo(502);
    assertThatThrownBy(() -> table.with(NotFound.class, 200, "fine"))
        .hasMessage("status: 200 (expected: 400 to 599)");
  }

  @Test
  void a_delay_is_rounded_up_and_cut() {
    assertThat(retryAfter(ofMillis(1))).contains("1");
    assertThat(retryAfter(ofMillis(1_001))).contains("2");
    assertThat(retryAfter(ofSeconds(Long.MAX_VALUE))).contains("3600");
  }

  private java.util.Optional<String> retryAfter(java.time.Duration after) {
    return table.ofFailure(new CircuitOpenException("db", after)).retryAfterSeconds();
  }

  @Test
  void refusals_say_why_in_a_word() {
    assertThatThrownBy(() -> new RequestRefusedException("no time", "x", ofSeconds(1)))
        .hasMessage("word: 'no time' (expected: 1 to 32 lower-case letters and hyphens)");
  }
}
