package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.limit.Reservation;
import dev.resilience.observe.ErrorAnalysis;
import dev.resilience.observe.ErrorCollector;
import dev.resilience.observe.ErrorKind;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** The blocks of the pages on limits, hedging and composition. */
class FlowSnippetsTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);

  private final Context ctx = Context.background().withTimeout(ofSeconds(10));
  private final String order = "order 7";
  private final Retry retry = Retry.ofDefaults();
  private final Breaker breaker = Breaker.ofDefaults("service");
  private final List<String> sent = new ArrayList<>();

  interface Quotes {
    String fetch(Context ctx, String order) throws IOException;
  }

  private final Quotes quotes = (c, o) -> "quote of " + o;
  private final Quotes europe = quotes;
  private final Quotes america =
      (c, o) -> {
        throw new IOException("refused");
      };

  @Test
  void rate_limit() {
    String message = "hello";
    RateLimit limit = RateLimit.builder("mail").rate(100, ofSeconds(1)).burst(20).build();
    Resilience mail = Resilience.of(retry, limit);
    mail.run(ctx, c -> send(c, message));
    assertThat(sent).containsExactly("hello");
  }

  private void send(Context c, String message) {
    c.throwIfDone();
    sent.add(message);
  }

  @Test
  void reservation() throws InterruptedException {
    RateLimit limit = RateLimit.builder("upload").rate(10, ofSeconds(1)).burst(5).build();
    assertThat(upload(limit)).isEqualTo("sent");
    limit.changeRate(1, ofSeconds(1));
    assertThat(upload(limit)).isEqualTo("later");
    assertThat(limit.snapshot().waiting()).isZero();
  }

  private String upload(RateLimit limit) throws InterruptedException {
    try (Reservation slot = limit.reserve(ctx, 5)) {
      if (slot.delay().compareTo(ofSeconds(1)) > 0) {
        return "later"; // closes: all five tokens are back
      }
      slot.await(ctx); // used from here on
      return "sent";
    }
  }

  @Test
  void strict_window() {
    RateLimit quota = RateLimit.builder("geocoder").rate(100, ofSeconds(1)).strictWindow().build();
    assertThat(quota.tryAcquire(ctx, 100)).isTrue();
    assertThat(quota.tryAcquire(ctx)).isFalse();
  }

  @Test
  void adaptive_concurrency_limit() {
    QuoteApi api = (c, o) -> "quote";
    FixedTimeout timeout = FixedTimeout.of(ofMillis(300));
    ConcurrencyLimit limit = ConcurrencyLimit.adaptive("quotes").build();
    Resilience quotes = Resilience.of(retry, breaker, limit, timeout);
    String quote = quotes.call(ctx, c -> api.quote(c, order));
    assertThat(quote).isEqualTo("quote");
    assertThat(quotes.describe()).contains("quotes (adaptive, now 10 at once)");
  }

  @Test
  void concurrency_limit() {
    ConcurrencyLimit limit =
        ConcurrencyLimit.builder("reports", 10).maxWait(ofMillis(500)).fairBetween(TENANT).build();
    Resilience reports = Resilience.of(breaker, limit);
    String report = reports.call(ctx, c -> render(c, order));
    assertThat(report).isEqualTo("report on order 7");
  }

  private static String render(Context c, String order) {
    c.throwIfDone();
    return "report on " + order;
  }

  @Test
  void hedge() throws IOException {
    Hedge hedge = Hedge.builder().percentile(0.95).maxHedges(1).build();
    String quote = Resilience.of(hedge, breaker).call(ctx, c -> quotes.fetch(c, order));
    assertThat(quote).isEqualTo("quote of order 7");
  }

  @Test
  void first_success() throws IOException {
    String quote =
        FirstSuccess.race(ctx, c -> europe.fetch(c, order), c -> america.fetch(c, order));
    assertThat(quote).isEqualTo("quote of order 7");
  }

  @Test
  void first_good() throws IOException {
    Quotes empty = (c, o) -> "";
    List<PolicyEvent> events = Collections.synchronizedList(new ArrayList<>());
    Classifier notEmpty =
        Classifier.ofDefaults()
            .onResult(String.class, s -> s.isEmpty() ? Verdict.FAILURE : Verdict.SUCCESS);
    FirstSuccess places =
        FirstSuccess.builder("quotes").classifier(notEmpty).listener(events::add).build();
    String good = places.call(ctx, c -> empty.fetch(c, order), c -> europe.fetch(c, order));
    assertThat(good).isEqualTo("quote of order 7");
    assertThat(events).containsExactly(new PolicyEvent.RaceWon("quotes", 1, 2));
  }

  @Test
  void kinds() {
    Resilience payments = Resilience.of(breaker);
    breaker.forceOpen();
    assertThatThrownBy(() -> quoteOrAlarm(payments, c -> "quote"))
        .isInstanceOf(CircuitOpenException.class);
    assertThat(sent).containsExactly("alarm: circuit 'service' is held open");
  }

  private interface QuoteApi {
    String quote(Context ctx, String order);
  }

  private interface Api {
    String quote(Context ctx);
  }

  private String quoteOrAlarm(Resilience payments, Api api) {
    try {
      return payments.call(ctx, c -> api.quote(c));
    } catch (RuntimeException e) {
      if (!ErrorAnalysis.ofDefaults().kindOf(ctx, e).isCancellation()) {
        alarm(e);
      }
      throw e;
    }
  }

  private void alarm(Exception e) {
    sent.add("alarm: " + e.getMessage());
  }

  @Test
  void reports() throws Exception {
    List<String> log = new ArrayList<>();
    Resilience told = Resilience.of(retry, breaker).withReports(report -> log.add(report.toTree()));
    var time = VirtualTime.automatic(1);
    Context virtual = Context.background(time);
    time.run(
        () -> {
          told.run(virtual, c -> send(c, "quietly"));
          assertThat(log).isEmpty();
          breaker.forceOpen();
          assertThatThrownBy(() -> told.run(virtual, c -> send(c, "never")))
              .isInstanceOf(CircuitOpenException.class);
          return null;
        });
    assertThat(log).singleElement().asString().contains("retry: REJECTED");
  }

  @Test
  void composition() {
    ConcurrencyLimit limit = ConcurrencyLimit.of(10);
    FixedTimeout timeout = FixedTimeout.of(ofMillis(300));
    Resilience payments = Resilience.of(retry, breaker, limit, timeout);
    String stack = payments.describe(); // one line, outermost first
    List<String> remarks = payments.warnings(); // empty: nothing seldom meant
    assertThat(stack).contains("concurrency limit (10 at once) > timeout");
    assertThat(remarks).isEmpty();
    assertThat(Resilience.of(limit, new TwiceOnFailure()).warnings()).hasSize(1);
  }

  @Test
  void errors() {
    List<String> lines = Collections.nCopies(200, "a bad line");
    ErrorCollector errors =
        ErrorCollector.builder().maxErrors(100).maxErrorRate(0.2).minimumOperations(50).build();
    for (String line : lines) {
      try {
        store(ctx, line);
        errors.succeeded();
      } catch (IOException | RuntimeException e) {
        errors.failed(ctx, e);
      }
      if (errors.shouldAbort()) {
        break;
      }
    }
    assertThat(errors.count(ErrorKind.OTHER)).isEqualTo(50);
  }

  private static void store(Context c, String line) throws IOException {
    c.throwIfDone();
    throw new IOException(line);
  }

  static final class TwiceOnFailure implements ContextPolicy {

    @Override
    public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
      try {
        return next.call(ctx, work);
      } catch (RuntimeException once) {
        return next.call(ctx, work);
      }
    }

    @Override
    public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
      return next.callAsync(ctx, work);
    }

    @Override
    public PolicyRole role() {
      return PolicyRole.RETRY;
    }
  }
}
