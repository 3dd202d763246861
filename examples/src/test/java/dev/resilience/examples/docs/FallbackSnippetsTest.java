package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Degraded;
import dev.resilience.Resilience;
import dev.resilience.WithFallback;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.fallback.OperationFallbacks;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The blocks of docs/fallbacks.md. */
class FallbackSnippetsTest {

  private record Quote(int price, Instant when) {
    static final Quote NONE = new Quote(0, Instant.EPOCH);
  }

  private interface Api {
    Quote quote(Context ctx);
  }

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context ctx = Context.background(time).withTimeout(ofSeconds(10));
  private final Retry retry = Retry.ofDefaults();
  private final Breaker breaker = Breaker.ofDefaults("payments");
  private final Resilience payments = Resilience.of(breaker);
  private final Api api = c -> new Quote(-1, c.timeSource().instant());
  private final List<String> notes = new ArrayList<>();

  private static Quote kept(Context c) {
    return new Quote(7, c.timeSource().instant().minusSeconds(60));
  }

  private static Quote estimate(Context c) {
    return new Quote(8, c.timeSource().instant());
  }

  private static String lastKnown(Context c) {
    return "as of " + c.timeSource().instant();
  }

  private void note(String fallback, Throwable failure, Optional<Duration> age) {
    notes.add(fallback + ": " + failure.getMessage() + ", " + age.orElseThrow().toMinutes());
  }

  @Test
  void a_chain_and_what_it_tells() throws Exception {
    time.run(
        () -> {
          aChain();
          return null;
        });
  }

  private void aChain() {
    Fallbacks<Quote> fallbacks =
        Fallbacks.onOpenCircuit((c, e) -> kept(c))
            .named("kept")
            .within(ofMillis(100))
            .asOf(Quote::when)
            .or(Fallbacks.onTimeout((c, e) -> estimate(c)))
            .otherwise(Quote.NONE);
    Quote quote = payments.withFallback(fallbacks).call(ctx, c -> api.quote(c));
    assertThat(quote.price()).isEqualTo(-1);

    breaker.forceOpen();
    Degraded<Quote> told = payments.withFallback(fallbacks).callDegradable(ctx, c -> api.quote(c));
    if (told.isDegraded()) {
      note(told.fallback().orElseThrow(), told.failure().orElseThrow(), told.age());
    }
    assertThat(told.value().price()).isEqualTo(7);
    assertThat(notes).containsExactly("kept: circuit 'payments' is held open, 1");

    var answers =
        OperationFallbacks.builder()
            .operation("quote", Quote.class, fallbacks)
            .operation("count", Integer.class, Fallbacks.ofValue(0))
            .otherwise(Fallbacks.onAny((c, e) -> lastKnown(c)))
            .build();
    Resilience stack = Resilience.of(retry, breaker);
    WithFallback<Integer> counts = stack.withFallback(answers.forOperation("count", Integer.class));
    assertThat(counts.call(ctx.withTimeout(ofMillis(1)), c -> 5)).isZero();
    assertThat(
            payments
                .withFallback(answers.forOperation("page", String.class))
                .call(ctx, c -> "page"))
        .startsWith("as of ");
  }

  @Test
  void bad_results() {
    WithFallback<Quote> noNegatives =
        payments
            .withFallback(Fallbacks.<Quote>onBadResult((c, bad) -> Quote.NONE))
            .judgedBy(
                Classifier.ofDefaults()
                    .onResult(Quote.class, q -> q.price() < 0 ? Verdict.FAILURE : Verdict.SUCCESS));
    assertThat(noNegatives.call(ctx, c -> api.quote(c))).isSameAs(Quote.NONE);
  }
}
