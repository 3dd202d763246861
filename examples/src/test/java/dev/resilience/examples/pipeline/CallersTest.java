package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.CircuitOpenException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class CallersTest {

  private final Context root = Context.background();
  private final Ledger ledger = new Ledger(root.timeSource(), List.of(), List.of());

  private Callers callers(FaultScript script, Callers.Order order) {
    return new Callers(ledger, script, order);
  }

  @Test
  void each_has_an_identity_and_two_seconds_of_patience() throws Exception {
    BlockingQueue<Context> seen = new LinkedBlockingQueue<>();
    Callers callers =
        callers(
            FaultScript.none(),
            (ctx, n) -> {
              seen.add(ctx);
              return CompletableFuture.completedFuture(answer(200, "tea"));
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
    Callers callers = callers(leaving, (ctx, n) -> abandoned(ctx));

    callers.placeOrders(root, 20, 500);

    assertThat(ledger.outcome(Outcome.LEFT).count()).isBetween(1, 19);
    assertThat(ledger.outcome(Outcome.LEFT).count() + ledger.outcome(Outcome.OUT_OF_TIME).count())
        .isEqualTo(20);
  }

  /** As of a server that never answers: the end of the caller is the end of the call. */
  private static CompletableFuture<HttpResponse<String>> abandoned(Context ctx) {
    var response = new CompletableFuture<HttpResponse<String>>();
    ctx.onDone(() -> response.completeExceptionally(ctx.toException()));
    return response;
  }

  private static HttpResponse<String> answer(int status, String body) {
    return new Answer(status, body);
  }

  private record Answer(int statusCode, String body) implements HttpResponse<String> {

    @Override
    public HttpRequest request() {
      return HttpRequest.newBuilder(uri()).build();
    }

    @Override
    public Optional<HttpResponse<String>> previousResponse() {
      return Optional.empty();
    }

    @Override
    public HttpHeaders headers() {
      return HttpHeaders.of(Map.of(), (name, value) -> true);
    }

    @Override
    public Optional<SSLSession> sslSession() {
      return Optional.empty();
    }

    @Override
    public URI uri() {
      return URI.create("http://gateway/");
    }

    @Override
    public HttpClient.Version version() {
      return HttpClient.Version.HTTP_1_1;
    }
  }

  @Nested
  class An_outcome {

    private final CancellableContext caller = root.withCancel();

    private Outcome of(@Nullable HttpResponse<String> response, @Nullable Throwable failure) {
      return Callers.outcomeOf(caller, response, failure);
    }

    private Outcome of(int status) {
      return of(answer(status, ""), null);
    }

    @Test
    void is_complete_or_degraded_where_there_is_a_receipt() {
      assertThat(of(answer(200, "tea: 5 left, charged, sent"), null)).isEqualTo(Outcome.COMPLETE);
      assertThat(of(answer(200, "tea: 5 left " + Gateway.STALE + ", charged, sent"), null))
          .isEqualTo(Outcome.DEGRADED);
      assertThat(of(answer(200, "tea: 5 left, charged, " + Gateway.MAIL_LATER), null))
          .isEqualTo(Outcome.DEGRADED);
    }

    @Test
    void is_told_by_the_status_while_the_caller_waits() {
      assertThat(of(402)).isEqualTo(Outcome.DECLINED);
      assertThat(of(503)).isEqualTo(Outcome.TURNED_AWAY);
      assertThat(of(504)).isEqualTo(Outcome.OUT_OF_TIME);
      assertThat(of(502)).isEqualTo(Outcome.FAILED);
      assertThat(of(null, new CircuitOpenException("server", Duration.ofSeconds(1))))
          .isEqualTo(Outcome.TURNED_AWAY);
      assertThat(of(null, new IOException())).isEqualTo(Outcome.FAILED);
    }

    @Test
    void is_told_by_the_end_of_the_caller_whatever_was_thrown() {
      caller.cancel(CancelReason.USER);

      assertThat(of(502)).isEqualTo(Outcome.LEFT);
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
