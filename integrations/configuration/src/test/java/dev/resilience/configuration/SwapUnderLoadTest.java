package dev.resilience.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.policy.ContextPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/** A configuration changed 1,000 times under load: no call is lost, and no circuit forgotten. */
@Timeout(60)
class SwapUnderLoadTest {

  private static final int SWAPS = 1_000;
  private static final int CALLERS = 4;

  private final LongAdder heard = new LongAdder();
  private final LiveConfiguration live =
      LiveConfiguration.builder(configuration(0))
          .listener(
              event -> {
                if (event instanceof PolicyEvent.CallCompleted) {
                  heard.increment();
                }
              })
          .build();
  private final LiveStack quotes = live.stack("quotes");
  private final LiveStack broken = live.stack("broken");
  private final AtomicBoolean over = new AtomicBoolean();
  private final LongAdder answered = new LongAdder();
  private final LongAdder rejected = new LongAdder();

  /** Each differs from the one before in the retry, the limits and the time-outs. */
  private static Configuration configuration(int n) {
    return Configuration.ofYaml(
        String.format(
            """
            default_timeout: %ds
            stacks:
              quotes:
                retry: {max_attempts: %d}
                breaker: {count_successes: on}
                concurrency_limit: {permits: %d}
                timeout: %ds
              broken:
                preset: http
                retry: {max_attempts: %d}
                hedge: off
                breaker: {consecutive_failures: 1, open_for: 1d}
                rate_limit: {rate: %d}
            """,
            20 + n % 3, 1 + n % 5, 100 + n % 7, 20 + n % 2, 1 + n % 4, 1_000_000 + n));
  }

  private static <P extends ContextPolicy> P part(LiveStack stack, Class<P> type) {
    return stack.current().policies().stream()
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst()
        .orElseThrow();
  }

  private long callUntilOver() throws Exception {
    long made = 0;
    try (CancellableContext ctx = Context.background().withCancel()) {
      while (!over.get() || made < SWAPS) {
        long number = made++;
        long answer =
            number % 2 == 0
                ? quotes.<Long, RuntimeException>call(ctx, c -> number)
                : quotes
                    .callAsync(ctx, c -> CompletableFuture.supplyAsync(() -> number))
                    .toCompletableFuture()
                    .get();
        assertThat(answer).isEqualTo(number);
        answered.increment();
        try {
          broken.run(ctx, c -> {});
        } catch (CircuitOpenException open) {
          rejected.increment();
        }
      }
    }
    return made;
  }

  @Test
  void no_call_is_lost_and_no_circuit_forgotten(TestReporter reporter) throws Exception {
    Breaker healthy = part(quotes, Breaker.class);
    Breaker open = part(broken, Breaker.class);
    try {
      broken.run(
          Context.background(),
          c -> {
            throw new IOException("down");
          });
    } catch (IOException | CircuitOpenException down) {
      assertThat(open.state()).isEqualTo(Circuit.OPEN);
    }

    Set<ConcurrencyLimit> limits = new HashSet<>();
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    List<Future<Long>> running = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      running.add(callers.submit(this::callUntilOver));
    }
    long start = System.nanoTime();
    for (int n = 1; n <= SWAPS; n++) {
      assertThat(live.update(configuration(n))).contains("stacks.quotes.retry");
      limits.add(part(quotes, ConcurrencyLimit.class));
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    over.set(true);
    long made = 0;
    for (Future<Long> caller : running) {
      made += caller.get();
    }
    callers.shutdown();
    assertThat(callers.awaitTermination(10, TimeUnit.SECONDS)).isTrue();

    assertThat(answered.sum()).as("answered").isEqualTo(made);
    assertThat(rejected.sum()).as("rejected by the open circuit").isEqualTo(made);
    assertThat(part(quotes, Breaker.class)).isSameAs(healthy);
    assertThat(part(broken, Breaker.class)).isSameAs(open);
    assertThat(open.state()).isEqualTo(Circuit.OPEN);
    assertThat(healthy.snapshot().succeeded()).as("counted by the breaker").hasValue(made);
    assertThat(heard.sum()).as("heard").isGreaterThanOrEqualTo(2 * made);
    assertThat(limits)
        .hasSize(SWAPS)
        .allSatisfy(limit -> assertThat(limit.snapshot().inUse()).isZero());
    reporter.publishEntry(
        "swapped " + SWAPS + " times", "in " + took.toMillis() + " ms, under " + made + " calls");
  }
}
