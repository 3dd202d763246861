package dev.resilience;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.Context;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.fallback.OperationFallbacks;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What users write, as the documentation shows it: that it compiles is half of the test. */
class CallSitesTest {

  private record Order(int number) {}

  private record Quote(String text) {
    static final Quote NONE = new Quote("none");
  }

  private static final class Api {
    Quote quote(Context ctx, Order order) throws IOException {
      ctx.throwIfDone();
      if (order.number() < 0) {
        throw new FileNotFoundException("no order " + order.number());
      }
      return new Quote("order " + order.number());
    }

    CompletionStage<Quote> quoteAsync(Context ctx, Order order) {
      return ctx.delay(Duration.ZERO).thenApply(now -> new Quote("order " + order.number()));
    }
  }

  private static final class Stale {
    Quote quote(Context ctx) throws IOException {
      if (ctx.name().isEmpty()) {
        throw new FileNotFoundException("nothing kept");
      }
      return new Quote("stale");
    }
  }

  private final Api api = new Api();
  private final Stale stale = new Stale();
  private final Order order = new Order(7);
  private final Context ctx = Context.background();

  private final Retry retry =
      Retry.builder()
          .maxAttempts(4)
          .backoff(Backoff.exponential(ofMillis(50), ofSeconds(1)).withFullJitter())
          .build();
  private final Resilience payments = Resilience.of(retry, FixedTimeout.of(ofSeconds(2)));

  @Test
  void a_call_keeps_the_checked_exceptions_of_its_lambda() throws IOException {
    Quote q = payments.call(ctx, c -> api.quote(c, order));
    assertThat(q.text()).isEqualTo("order 7");
    assertThatThrownBy(() -> Resilience.of().call(ctx, c -> api.quote(c, new Order(-1))))
        .isInstanceOf(FileNotFoundException.class);
  }

  @Test
  void a_call_without_checked_exceptions_needs_no_throws() {
    int length = payments.call(ctx, c -> order.toString().length());
    assertThat(length).isPositive();
    payments.run(ctx, c -> assertThat(c).isNotNull());
  }

  @Test
  void an_asynchronous_call_infers_its_result() {
    CompletionStage<Quote> f = payments.callAsync(ctx, c -> api.quoteAsync(c, order));
    assertThat(f).isCompletedWithValue(new Quote("order 7"));
  }

  @Test
  void a_fallback_infers_its_result_from_the_lambda() throws IOException {
    Quote safe =
        payments
            .withFallback(Fallbacks.onOpenCircuit((c, e) -> stale.quote(c)).otherwise(Quote.NONE))
            .call(ctx, c -> api.quote(c, order));
    assertThat(safe.text()).isEqualTo("order 7");

    CompletionStage<Quote> later =
        payments
            .withFallback(
                Fallbacks.onFailure(IOException.class, (c, e) -> new Quote(e.getMessage()))
                    .within(ofMillis(100))
                    .or(Fallbacks.onTimeout((c, e) -> Quote.NONE)))
            .callAsync(ctx, c -> api.quoteAsync(c, order));
    assertThat(later).isCompletedWithValue(new Quote("order 7"));
  }

  @Test
  void a_kept_fallback_serves_wider_results() throws IOException {
    Fallbacks<Quote> none = Fallbacks.ofValue(Quote.NONE);
    WithFallback<Object> objects = payments.withFallback(none);
    Object answer = objects.call(ctx, c -> api.quote(c, order));
    assertThat(answer).isEqualTo(new Quote("order 7"));
  }

  @Test
  void fallbacks_by_name_and_a_result_that_tells() throws IOException {
    var fallbacks =
        OperationFallbacks.builder()
            .operation(
                "quote",
                Quote.class,
                Fallbacks.onOpenCircuit((c, e) -> stale.quote(c)).otherwise(Quote.NONE))
            .otherwise(Fallbacks.onAny((c, e) -> "sorry"))
            .build();
    Degraded<Quote> quote =
        payments
            .withFallback(fallbacks.forOperation("quote", Quote.class))
            .callDegradable(ctx, c -> api.quote(c, new Order(-1)));
    assertThat(quote.isDegraded()).isTrue();
    assertThat(quote.value()).isEqualTo(Quote.NONE);

    CompletionStage<Degraded<String>> page =
        payments
            .withFallback(fallbacks.forOperation("page", String.class))
            .callDegradableAsync(ctx, c -> api.quoteAsync(c, order).thenApply(Quote::text));
    assertThat(page.toCompletableFuture().join().value()).isEqualTo("order 7");
  }

  @Test
  void stories_and_what_a_server_says() throws IOException {
    List<String> reports = new ArrayList<>();
    Resilience told =
        Resilience.of(
                Retry.builder()
                    .backoff(Backoff.none())
                    .retryAfter(FileNotFoundException.class, e -> Optional.empty())
                    .build())
            .withReports(report -> reports.add(report.toString()));
    assertThatThrownBy(() -> told.call(ctx, c -> api.quote(c, new Order(-1))))
        .isInstanceOf(FileNotFoundException.class);
    assertThat(reports)
        .containsExactly(
            "retry (3 attempts, no delay): 3 attempts, stopped: retry: all 3 attempts are used, it failed with"
                + " java.io.FileNotFoundException: no order -1");
  }
}
