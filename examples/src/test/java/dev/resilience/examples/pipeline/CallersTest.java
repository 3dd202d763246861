package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.CircuitOpenException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class CallersTest {

  private final Context root = Context.background();
  private final Ledger ledger = new Ledger(root.timeSource(), List.of(), List.of());

  private Callers callers(FaultScript script, Callers.Order order) {
    return new Callers(ledger, script, Resilience.of(), order);
  }

  @Test
  void each_has_an_identity_and_two_seconds_of_patience() throws Exception {
    BlockingQueue<Context> seen = new LinkedBlockingQueue<>();
    Callers callers =
        callers(
            FaultScript.none(),
            n ->
                ctx -> {
                  seen.add(ctx);
                  return CompletableFuture.completedFuture("tea");
                });

    callers.placeOrders(root, 3, 500);

    assertThat(seen)
        .extracting(ctx -> ctx.get(RequestInfo.REQUEST_ID), ctx -> ctx.get(RequestInfo.USER_ID))
        .containsExactly(
            tuple("order-0", "user-0"), tuple("order-1", "user-1"), tuple("order-2", "user-2"));
    assertThat(seen)
        .allSatisfy(ctx -> assertThat(ctx.timeLeft()).isLessThanOrEqualTo(Callers.PATIENCE));
    assertThat(ledger.outcome(Outcome.COMPLETE).count()).isEqualTo(3);
  }

  @Test
  void those_who_leave_cancel_and_wait_no_longer() throws Exception {
    var leaving =
        new FaultScript(
            1,
            List.of(
                new FaultScript.Phase(
                    Duration.ZERO, Duration.ofMinutes(1), FaultScript.CALLERS, Fault.LEAVING)));
    Callers callers = callers(leaving, n -> ctx -> new CompletableFuture<>());

    callers.placeOrders(root, 20, 500);

    assertThat(ledger.outcome(Outcome.LEFT).count()).isBetween(1, 19);
    assertThat(ledger.outcome(Outcome.LEFT).count() + ledger.outcome(Outcome.OUT_OF_TIME).count())
        .isEqualTo(20);
  }

  @Nested
  class An_outcome {

    private final CancellableContext caller = root.withCancel();

    private Outcome of(@Nullable String receipt, @Nullable Throwable failure) {
      return Callers.outcomeOf(caller, receipt, failure);
    }

    @Test
    void is_complete_or_degraded_where_there_is_a_receipt() {
      assertThat(of("tea: 5 left, charged, sent", null)).isEqualTo(Outcome.COMPLETE);
      assertThat(of("tea: 5 left " + Gateway.STALE + ", charged, sent", null))
          .isEqualTo(Outcome.DEGRADED);
      assertThat(of("tea: 5 left, charged, " + Gateway.MAIL_LATER, null))
          .isEqualTo(Outcome.DEGRADED);
    }

    @Test
    void is_told_by_the_status_while_the_caller_waits() {
      assertThat(of(null, new HttpStatusException(402, ""))).isEqualTo(Outcome.DECLINED);
      assertThat(of(null, new HttpStatusException(503, ""))).isEqualTo(Outcome.TURNED_AWAY);
      assertThat(of(null, new HttpStatusException(504, ""))).isEqualTo(Outcome.OUT_OF_TIME);
      assertThat(of(null, new HttpStatusException(502, ""))).isEqualTo(Outcome.FAILED);
      assertThat(of(null, new CompletionException(new HttpStatusException(402, ""))))
          .isEqualTo(Outcome.DECLINED);
      assertThat(of(null, new CircuitOpenException("server", Duration.ofSeconds(1))))
          .isEqualTo(Outcome.TURNED_AWAY);
      assertThat(of(null, new IOException())).isEqualTo(Outcome.FAILED);
    }

    @Test
    void is_told_by_the_end_of_the_caller_whatever_was_thrown() {
      caller.cancel(CancelReason.USER);

      assertThat(of(null, new HttpStatusException(502, ""))).isEqualTo(Outcome.LEFT);
    }

    @Test
    void is_cut_off_where_the_whole_program_ends() {
      caller.cancel(CancelReason.SHUTDOWN);

      assertThat(of(null, new IOException())).isEqualTo(Outcome.CUT_OFF);
    }

    @Test
    void is_out_of_time_where_the_deadline_has_passed() {
      Context late = root.withTimeout(Duration.ZERO);

      assertThat(Callers.outcomeOf(late, null, new IOException())).isEqualTo(Outcome.OUT_OF_TIME);
    }
  }
}
