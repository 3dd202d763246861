package dev.resilience;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.policy.CallMode;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.Simulated;
import dev.resilience.trace.SpanRecord;
import dev.resilience.trace.SpanRecord.State;
import dev.resilience.trace.SpanTree;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A span for each call and each attempt, and what was decided between them. */
@Simulated(seed = 1)
class ResilienceSpansTest {

  private final SpanTree spans;
  private final Retry retry =
      Retry.builder().maxAttempts(3).backoff(Backoff.constant(ofMillis(50))).build();
  private final Resilience payments = Resilience.of(retry).named("payments").withSpans();

  ResilienceSpansTest(Context root) {
    this.spans = SpanTree.record(root);
  }

  @ParameterizedTest
  @EnumSource
  void a_call_that_is_retried_shows_its_attempts_and_the_wait_between_them(CallMode mode)
      throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    mode.<String>call(
        payments,
        spans.context(),
        c -> {
          c.sleep(ofMillis(30));
          if (attempts.incrementAndGet() == 1) {
            throw new IOException("down");
          }
          return "paid";
        });

    assertThat(spans.toText())
        .isEqualTo(
            """
            payments: 110 ms {resilience.verdict=SUCCESS}
            │  * after 30 ms: retry: waited 50 ms
            │  * after 110 ms: retry: stopped: an attempt succeeded
            ├─ payments attempt: 30 ms, failed: java.io.IOException: down \
            {resilience.attempt=1, resilience.verdict=FAILURE}
            └─ payments attempt: 30 ms {resilience.attempt=2, resilience.verdict=SUCCESS}""");
  }

  @ParameterizedTest
  @EnumSource
  void what_the_caller_gave_up_on_is_cancelled_and_no_failure(CallMode mode) throws Exception {
    var request = spans.context().withCancel();
    catchThrowable(
        () ->
            mode.<String>call(
                payments,
                request,
                c -> {
                  request.cancel(CancelReason.USER);
                  throw new IOException("connection reset by ourselves");
                }));

    assertThat(spans.spans())
        .isNotEmpty()
        .extracting(SpanRecord::state)
        .containsOnly(State.CANCELLED);
  }

  @Test
  void a_stack_inside_of_the_work_is_a_child_of_the_attempt() throws Exception {
    Resilience inventory = Resilience.of().named("inventory").withSpans();

    payments.call(spans.context(), c -> inventory.call(c, inner -> "7 left"));

    assertThat(spans.toText().lines().map(line -> line.replaceAll(":.*", "")))
        .containsExactly(
            "payments", "└─ payments attempt", "   └─ inventory", "      └─ inventory attempt");
  }

  @Test
  void nothing_happens_where_nobody_listens(Context root) {
    String paid = payments.call(root, c -> "paid");

    assertThat(paid).isEqualTo("paid");
    assertThat(spans.spans()).isEmpty();
  }
}
