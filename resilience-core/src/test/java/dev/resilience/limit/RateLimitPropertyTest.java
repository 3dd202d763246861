package dev.resilience.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Random callers who try, wait, reserve, give back, leave and time out, blocking and not: over any
 * window the tokens used never exceed rate * time + burst, nobody overtakes, nobody waits past a
 * deadline, and what is not used comes back.
 */
class RateLimitPropertyTest {

  private static final double ROUNDING = 1e-6;

  @Test
  void never_gives_more_than_rate_times_time_and_burst() {
    Schedules.check(1_000, (seed, random) -> new Run(seed, random).play());
  }

  private record Use(long at, int tokens) {}

  private record Wait(int arrival, long from, long until, int tokens) {}

  private static final class Run {

    private final RandomGenerator random;
    private final VirtualTime.Automatic time;
    private final Context root;
    private final int tokens;
    private final Duration per;
    private final int burst;
    private final RateLimit limit;
    private final Resilience stack;
    private final List<Use> uses = new ArrayList<>();
    private final List<Wait> admittedInOrder = new ArrayList<>();
    private int arrivals;

    Run(long seed, RandomGenerator random) {
      this.random = random;
      this.time = VirtualTime.automatic(seed);
      this.root = Context.background(time);
      this.tokens = 1 + random.nextInt(20);
      this.per = Duration.ofMillis(100 + random.nextInt(2000));
      this.burst = 1 + random.nextInt(6);
      this.limit = RateLimit.builder("limit").rate(tokens, per).burst(burst).build();
      this.stack = Resilience.of(limit);
    }

    void play() throws Exception {
      int callers = 1 + random.nextInt(8);
      time.run(
          () -> {
            for (int i = 0; i < callers; i++) {
              time.start("caller-" + i, this::caller);
            }
            return null;
          });
      assertEveryWindowHolds();
      assertNobodyOvertook();
      assertThat(time.pendingTimers()).as("timers").isZero();
      RateLimitSnapshot end = limit.snapshot();
      assertThat(end.waiting()).as("in line").isZero();
      assertThat(end.given() - end.returned())
          .as("given and not returned")
          .isEqualTo(uses.stream().mapToLong(Use::tokens).sum());
      assertEverythingGrowsBack();
    }

    private void caller() throws Exception {
      int steps = 1 + random.nextInt(5);
      for (int i = 0; i < steps; i++) {
        root.sleep(Duration.ofMillis(random.nextInt(400)));
        int wanted = 1 + random.nextInt(burst);
        try (CancellableContext ctx =
            root.withTimeout(Duration.ofMillis(1 + random.nextInt(900)))) {
          if (random.nextInt(3) == 0) {
            leaveLater(ctx);
          }
          switch (random.nextInt(5)) {
            case 0 -> {
              if (limit.tryAcquire(ctx, wanted)) {
                use(wanted);
              }
            }
            case 1 -> acquire(ctx, wanted);
            case 2 -> reserve(ctx, wanted);
            case 3 -> callAsync(ctx);
            default -> call(ctx);
          }
          assertThat(ctx.deadline().orElseThrow().timeLeft().isNegative())
              .as("waited past the deadline")
              .isFalse();
          assertThat(ContextProbe.waiters(ctx)).as("listeners").isZero();
        }
      }
    }

    private void acquire(Context ctx, int wanted) throws InterruptedException {
      int arrival = arrivals++;
      long from = time.nanoTime();
      try {
        limit.acquire(ctx, wanted);
      } catch (RateLimitExceededException refused) {
        // It took no time, and there really would have been none in time.
        assertThat(time.nanoTime()).isEqualTo(from);
        assertThat(refused.retryAfter().orElseThrow()).isGreaterThanOrEqualTo(ctx.timeLeft());
        return;
      } catch (ContextException left) {
        return;
      }
      use(wanted);
      admittedInOrder.add(new Wait(arrival, from, time.nanoTime(), wanted));
    }

    private void reserve(Context ctx, int wanted) throws InterruptedException {
      try (Reservation reservation = limit.reserve(ctx, wanted)) {
        Duration delay = reservation.delay();
        assertThat(delay).isLessThan(ctx.timeLeft());
        switch (random.nextInt(3)) {
          case 0 -> {
            reservation.await(ctx);
            use(wanted);
            assertThat(reservation.cancel()).as("used").isFalse();
          }
          case 1 -> {
            // Given back perhaps after its moment, and after the bucket may have overflowed.
            root.sleep(Duration.ofMillis(random.nextInt((int) ctx.timeLeft().toMillis() + 1)));
            assertThat(reservation.cancel()).isTrue();
            assertThat(reservation.cancel()).isFalse();
          }
          default -> {}
        }
      } catch (RateLimitExceededException | ContextException notNow) {
        // As good as any.
      }
    }

    private void call(Context ctx) {
      try {
        stack.run(ctx, c -> use(1));
      } catch (RateLimitExceededException | ContextException notNow) {
        // As good as any.
      }
    }

    private void callAsync(Context ctx) throws InterruptedException {
      CompletableFuture<String> future =
          stack
              .callAsync(
                  ctx,
                  c -> {
                    use(1);
                    return CompletableFuture.completedFuture("answer");
                  })
              .toCompletableFuture();
      if (random.nextInt(3) == 0) {
        time.start(
            "gives up",
            () -> {
              root.sleep(Duration.ofMillis(random.nextInt(300)));
              future.cancel(true);
            });
      }
      try {
        ctx.await(future);
      } catch (ExecutionException
          | ContextException
          | java.util.concurrent.CancellationException e) {
        // As good as any.
      }
    }

    private void leaveLater(CancellableContext ctx) {
      time.start(
          "leaves",
          () -> {
            root.sleep(Duration.ofMillis(random.nextInt(600)));
            ctx.cancel(CancelReason.USER);
          });
    }

    private void use(int count) {
      uses.add(new Use(time.elapsed().toNanos(), count));
    }

    private void assertEveryWindowHolds() {
      for (int first = 0; first < uses.size(); first++) {
        long used = 0;
        for (int last = first; last < uses.size(); last++) {
          used += uses.get(last).tokens();
          long window = uses.get(last).at() - uses.get(first).at();
          assertThat((double) used)
              .as("tokens used within %s ns, %s per %s, burst %s", window, tokens, per, burst)
              .isLessThanOrEqualTo(window * (tokens / (double) per.toNanos()) + burst + ROUNDING);
        }
      }
    }

    /** Of two that wait, the one who came first goes first. */
    private void assertNobodyOvertook() {
      for (int i = 0; i < admittedInOrder.size(); i++) {
        for (Wait later : admittedInOrder.subList(i + 1, admittedInOrder.size())) {
          Wait earlier = admittedInOrder.get(i);
          if (later.arrival() < earlier.arrival()) {
            assertThat(earlier.until()).as("%s before %s", earlier, later).isEqualTo(later.until());
          }
        }
      }
    }

    private void assertEverythingGrowsBack() throws Exception {
      time.run(
          () -> {
            root.sleep(per.multipliedBy(burst + 1));
            assertThat(limit.tryAcquire(root, burst)).isTrue();
            assertThat(limit.tryAcquire(root, 1)).isFalse();
            return null;
          });
    }
  }
}
