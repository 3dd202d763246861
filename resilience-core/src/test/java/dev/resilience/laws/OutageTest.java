package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.hedge.Hedge;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A service that is well for ten seconds and down for a minute, with fifty callers a second, who
 * retry and hedge from one budget with the defaults: a fifth of the calls, one a second, twenty at
 * once.
 */
class OutageTest {

  private static final Duration WELL = ofSeconds(10);
  private static final Duration DOWN = ofSeconds(60);
  private static final Duration APART = ofMillis(20);

  /** How the service is down. */
  private enum Outage {
    REFUSES,
    HANGS_OR_REFUSES
  }

  private final VirtualTime.Automatic time = VirtualTime.automatic(3);
  private final Context root = Context.background(time);
  private final RetryBudget budget = RetryBudget.ofDefaults();
  private final Hedge hedge = Hedge.builder().sharedBudget(budget).build();
  private final Resilience stack = Resilience.of(Retry.builder().budget(budget).build(), hedge);
  private int calls;
  private int requests;
  private int failed;
  private long hedgesWhileWell;

  @ParameterizedTest
  @CsvSource({
    "REFUSES, BLOCKING",
    "REFUSES, ASYNC",
    "HANGS_OR_REFUSES, BLOCKING",
    "HANGS_OR_REFUSES, ASYNC"
  })
  void makes_at_most_five_requests_of_four_calls(Outage outage, CallMode mode) throws Exception {
    time.run(
        () -> {
          callersUntil(WELL, mode, outage);
          hedgesWhileWell = hedge.snapshot().hedges();
          callersUntil(WELL.plus(DOWN), mode, outage);
          return null;
        });

    assertThat(calls).isEqualTo(3_000);
    assertThat(failed).as("all of them fail").isEqualTo(calls);
    double amplification = requests / (double) calls;
    assertThat(amplification).as("requests for each call").isBetween(1.02, 1.25);
    long hedges = hedge.snapshot().hedges() - hedgesWhileWell;
    assertThat(hedges > 0).as("hedges took their part").isEqualTo(outage != Outage.REFUSES);
  }

  private void callersUntil(Duration end, CallMode mode, Outage outage) throws Exception {
    while (time.elapsed().compareTo(end) < 0) {
      time.start("caller", () -> call(mode, outage));
      root.sleep(APART);
    }
  }

  private boolean isDown() {
    return time.elapsed().compareTo(WELL) >= 0;
  }

  private void call(CallMode mode, Outage outage) {
    boolean whileDown = isDown();
    try (CancellableContext ctx = root.withTimeout(ofSeconds(2))) {
      Throwable failure =
          catchThrowable(() -> mode.call(stack, ctx, c -> answer(c, outage, whileDown)));
      if (whileDown) {
        calls++;
        failed += failure == null ? 0 : 1;
      } else {
        assertThat(failure).isNull();
      }
    }
  }

  private String answer(Context ctx, Outage outage, boolean callCameWhileDown) throws Exception {
    if (!isDown()) {
      ctx.sleep(ofMillis(20 + time.random().nextInt(20)));
      return "well";
    }
    if (callCameWhileDown) {
      requests++;
    }
    if (outage == Outage.HANGS_OR_REFUSES && time.random().nextBoolean()) {
      ctx.sleep(ofMillis(500));
    }
    throw new IOException("down");
  }
}
