package dev.resilience.propagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.time.Durations;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Whatever stands in the headers is taken, ignored and counted, or cut; nothing throws, nothing
 * grows, and what was taken is written and read again as it is. {@code -Dresilience.fuzz=10000000}
 * for a long run, {@code -Dresilience.seed=n} to repeat.
 */
class PropagationFuzzTest {

  private static final List<String> NAMES =
      List.of(
          HeaderNames.GRPC_TIMEOUT,
          HeaderNames.ENVOY_TIMEOUT,
          HeaderNames.TIMEOUT_MS,
          HeaderNames.BUDGET,
          HeaderNames.TRACEPARENT,
          HeaderNames.TRACESTATE,
          HeaderNames.BAGGAGE,
          HeaderNames.REQUEST_ID,
          HeaderNames.TRACE_ID,
          HeaderNames.USER_ID,
          HeaderNames.CRITICALITY,
          HeaderNames.ATTEMPT,
          HeaderNames.ENVOY_ATTEMPT,
          HeaderNames.GRPC_PREVIOUS_ATTEMPTS,
          HeaderNames.SERVICE_PATH);

  /** Well-formed values, which are mutated: what is nearly right finds more than noise. */
  private static final List<String> CORPUS =
      List.of(
          "250m",
          "99999999H",
          "0",
          "0.000001s",
          "left=250, elapsed=50",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what",
          "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
          "k1=v1;prop=%20x,k2=%E2%82%AC , k3= v",
          "SHEDDABLE_PLUS",
          "gateway, orders, stock",
          "in-flight=12, latency=8.5, took=6.2",
          "\"burst\";r=0;t=30",
          "Fri, 31 Dec 1999 23:59:59 GMT",
          "9223372036854775807",
          "-1",
          "");

  private static final String MARKS = "=,;- .%\"\\\t\r\n\0:;/0129afFmsSHu\u00fc\u0663\ud83d\udfff";

  private final Context server = Context.background(VirtualTime.manual());
  private final Propagation wire =
      Propagation.builder("a")
          .callers(Boundary.inside())
          .dependencies(Boundary.inside())
          .writes(TimeFormat.values())
          .guard(DeadlineGuard.share(1))
          .build();

  @Test
  void no_header_is_too_wild() {
    long inputs = Long.getLong("resilience.fuzz", 60_000);
    Long given = Long.getLong("resilience.seed");
    long first = given == null ? 0 : given;
    for (long seed = first; seed < (given == null ? inputs : first + 1); seed++) {
      try {
        one(new SplittableRandom(seed));
      } catch (Throwable failure) {
        throw new AssertionError("-Dresilience.seed=" + seed, failure);
      }
    }
    PropagationSnapshot counts = wire.snapshot();
    if (given == null) {
      assertThat(counts.malformed()).isGreaterThan(inputs / 2);
      assertThat(counts.deadlinesApplied()).isPositive();
    }
  }

  private void one(SplittableRandom random) {
    Map<String, String> headers = new HashMap<>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      headers.put(NAMES.get(random.nextInt(NAMES.size())), value(random));
    }
    Extraction in = wire.extract(server, headers, Carriers.map());
    check(in);
    Map<String, String> again = new HashMap<>();
    if (!in.context().isDone()) {
      wire.inject(in.context(), again, Carriers.intoMap());
      again.forEach(
          (name, text) -> {
            assertThat(text.length()).isBetween(1, Baggage.MAX_LENGTH);
            assertThat(Ascii.isPrintable(text.replace('\t', ' '))).as(name).isTrue();
          });
      long before = wire.snapshot().malformed();
      Context there = wire.extract(server, again, Carriers.map()).context();
      assertThat(wire.snapshot().malformed()).as("what we write is well-formed").isEqualTo(before);
      assertThat(there.get(RequestInfo.REQUEST_ID))
          .isEqualTo(in.context().get(RequestInfo.REQUEST_ID));
      assertThat(there.get(Baggage.KEY)).isEqualTo(in.context().get(Baggage.KEY));
      assertThat(there.get(TraceContext.KEY)).isEqualTo(in.context().get(TraceContext.KEY));
    }
    answers(random);
  }

  private static void check(Extraction in) {
    in.timeLeft().ifPresent(left -> assertThat(left).isBetween(Duration.ZERO, Durations.MAX));
    Context ctx = in.context();
    assertThat(ctx.timeLeft().isNegative()).isFalse();
    Baggage baggage = ctx.get(Baggage.KEY);
    if (baggage != null) {
      assertThat(baggage.toMap().size()).isBetween(1, Baggage.MAX_MEMBERS);
    }
    assertThat(ctx.require(HopPath.KEY).services().size()).isBetween(1, 8);
  }

  /** The headers of responses. */
  private static void answers(SplittableRandom random) {
    Map<String, String> headers = new HashMap<>();
    for (String name :
        List.of("Retry-After", "Date", "RateLimit", "RateLimit-Reset", "x-amz-retry-after")) {
      headers.put(name, value(random));
    }
    HttpOutcome.retryAfter(headers, Carriers.map())
        .ifPresent(delay -> assertThat(delay).isBetween(Duration.ofNanos(1), Duration.ofDays(1)));
    HttpOutcome.verdict(random.nextInt(-1, 1000), headers, Carriers.map());
    ReportedLoad load = ReportedLoad.read(value(random));
    if (load != null) {
      assertThat(load.inFlight()).isNotNegative();
      assertThat(ReportedLoad.read(load.toString())).isNotNull();
    }
    CancelMessage.read(value(random));
  }

  private static String value(SplittableRandom random) {
    StringBuilder text = new StringBuilder(CORPUS.get(random.nextInt(CORPUS.size())));
    for (int i = random.nextInt(5); i > 0; i--) {
      int at = random.nextInt(text.length() + 1);
      switch (random.nextInt(5)) {
        case 0 -> text.insert(at, MARKS.charAt(random.nextInt(MARKS.length())));
        case 1 -> text.delete(at, Math.min(text.length(), at + random.nextInt(4)));
        case 2 -> text.insert(at, CORPUS.get(random.nextInt(CORPUS.size())));
        case 3 -> text.insert(at, (char) random.nextInt(Character.MAX_VALUE + 1));
        default -> {
          if (text.length() > 0 && random.nextInt(50) == 0) {
            String part = text.substring(0, Math.min(text.length(), 40));
            text.insert(at, part.repeat(1 + random.nextInt(400)));
          }
        }
      }
    }
    return text.toString();
  }
}
