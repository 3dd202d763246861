package dev.resilience.page;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** A tile under each kind of fault, on virtual time. */
class DependencyTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(3);
  private final Context root = Context.background(time);
  private final Chaos chaos = Chaos.of("payments");
  private final Breaker breaker = Breaker.builder("payments").consecutiveFailures(5).build();

  private Dependency tile;
  private Resilience stack;

  private void protectedBy(Resilience policies) {
    tile = new Dependency("payments", policies, time);
    stack = policies.withAddedListener(tile);
  }

  private void call(int times) {
    for (int i = 0; i < times; i++) {
      try (CancellableContext ctx = root.withTimeout(ofSeconds(1))) {
        catchThrowable(
            () ->
                stack.call(
                    ctx,
                    c -> {
                      c.sleep(ofMillis(20));
                      return "paid";
                    }));
      }
    }
  }

  private void run(Callable<?> program) throws Exception {
    time.run(program::call);
  }

  @Test
  void counts_and_times_what_goes_well() throws Exception {
    protectedBy(Resilience.of(breaker));
    run(
        () -> {
          call(50);
          return null;
        });
    DependencySnapshot now = tile.snapshot();
    assertThat(now.counts().of(Ending.SUCCESS)).isEqualTo(50);
    assertThat(now.counts().total()).isEqualTo(50);
    assertThat(now.recent().perSecond()).isCloseTo(50, within(0.1));
    assertThat(now.recent().wasted()).isZero();
    assertThat(now.latency().samples()).isEqualTo(50);
    assertThat(now.latency().median()).isBetween(ofMillis(20), ofMillis(21));
    assertThat(now.timeGiven()).isNotNull();
    assertThat(now.timeGiven().kind()).isEqualTo("deadline");
    assertThat(now.timeGiven().limit()).isBetween(ofMillis(990), ofMillis(1040));
    assertThat(now.judgement()).isEqualTo(new DependencySnapshot.Judgement(Status.OK, "healthy"));
  }

  @Test
  void says_that_a_circuit_is_open_and_that_calls_are_rejected() throws Exception {
    protectedBy(Resilience.of(breaker, chaos));
    chaos.inject(Fault.error(1));
    run(
        () -> {
          call(8);
          return null;
        });
    DependencySnapshot now = tile.snapshot();
    assertThat(now.counts().of(Ending.FAILURE)).isEqualTo(5);
    assertThat(now.counts().of(Ending.REJECTED)).isEqualTo(3);
    assertThat(now.recent().attempts()).isEqualTo(5);
    assertThat(now.recent().wasted()).isEqualTo(1);
    assertThat(now.judgement())
        .isEqualTo(new DependencySnapshot.Judgement(Status.BAD, "circuit open"));
  }

  @Test
  void tells_time_outs_from_deadlines_and_measures_against_the_time_out() throws Exception {
    protectedBy(Resilience.of(FixedTimeout.of(ofMillis(300)), chaos));
    chaos.inject(Fault.hang(1));
    run(
        () -> {
          call(6);
          try (CancellableContext hurry = root.withTimeout(ofMillis(100))) {
            catchThrowable(() -> stack.call(hurry, c -> "never"));
          }
          return null;
        });
    DependencySnapshot now = tile.snapshot();
    assertThat(now.counts().of(Ending.TIMED_OUT)).isEqualTo(6);
    assertThat(now.counts().of(Ending.DEADLINE)).isEqualTo(1);
    assertThat(now.timeGiven()).isEqualTo(new TimeGiven(ofMillis(300), "time-out"));
    assertThat(now.judgement())
        .isEqualTo(new DependencySnapshot.Judgement(Status.BAD, "100 % too late"));
  }

  /** Law 6: who left is counted, and judges nobody. */
  @Test
  void whose_callers_leave_is_well() throws Exception {
    protectedBy(Resilience.of(breaker, chaos));
    chaos.inject(Fault.hang(1));
    run(
        () -> {
          for (int i = 0; i < 10; i++) {
            try (CancellableContext ctx = root.withCancel()) {
              time.start(
                  "leaves",
                  () -> {
                    root.sleep(ofMillis(5));
                    ctx.cancel();
                  });
              catchThrowable(() -> stack.call(ctx, c -> "never"));
            }
          }
          return null;
        });
    DependencySnapshot now = tile.snapshot();
    assertThat(now.counts().of(Ending.CANCELLED)).isEqualTo(10);
    assertThat(now.recent().wasted()).isEqualTo(1);
    assertThat(now.judgement().status()).isEqualTo(Status.OK);
  }

  @Test
  void counts_the_attempts_of_a_retry_as_work() throws Exception {
    Retry retry = Retry.builder().maxAttempts(3).backoff(Backoff.constant(ofMillis(10))).build();
    protectedBy(Resilience.of(retry, chaos));
    chaos.inject(Fault.error(1));
    run(
        () -> {
          call(2);
          return null;
        });
    DependencySnapshot now = tile.snapshot();
    assertThat(now.recent().attempts()).isEqualTo(6);
    assertThat(now.retries()).isNotNull();
    assertThat(now.retries().retries()).isEqualTo(4);
  }

  /** What is old is forgotten; the counts since the start are not. */
  @Test
  void looks_at_the_last_ten_seconds() throws Exception {
    protectedBy(Resilience.of(chaos));
    run(
        () -> {
          chaos.inject(Fault.error(1));
          call(10);
          assertThat(tile.snapshot().judgement().status()).isEqualTo(Status.BAD);
          chaos.clear();
          for (int second = 0; second < 25; second++) {
            root.sleep(ofSeconds(1));
            call(5);
            tile.snapshot();
          }
          assertThat(tile.snapshot().judgement().status()).isEqualTo(Status.OK);
          assertThat(tile.snapshot().counts().of(Ending.FAILURE)).isEqualTo(10);
          assertThat(tile.snapshot().latency().samples()).isLessThan(60);
          return null;
        });
  }
}
