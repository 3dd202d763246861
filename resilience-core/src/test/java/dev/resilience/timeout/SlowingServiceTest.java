package dev.resilience.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Minutes of traffic to a service whose durations are log-normal, as those of real ones nearly are.
 */
class SlowingServiceTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final double SIGMA = 0.4;

  /** At these speeds it is 1000 calls before it is 30 s. */
  private static final int WINDOW = 1000;

  /** Of the standard normal distribution. */
  private static final double Z95 = 1.645;

  private final AdaptiveTimeout timeout =
      AdaptiveTimeout.builder("quotes")
          .between(Duration.ofMillis(10), Duration.ofSeconds(2))
          .build();
  private final Resilience stack = Resilience.of(timeout);
  private final List<Answer> answers = new ArrayList<>();

  private record Answer(Duration at, boolean timedOut, Duration limit) {}

  private static Duration duration(double medianMillis, RandomGenerator random) {
    return Duration.ofNanos((long) (medianMillis * 1e6 * Math.exp(SIGMA * random.nextGaussian())));
  }

  private static double percentile95(double medianMillis) {
    return medianMillis * Math.exp(SIGMA * Z95);
  }

  /** Twenty milliseconds, but three times that in the third minute. */
  private static double medianMillis(Duration now) {
    boolean slow =
        now.compareTo(MINUTE.multipliedBy(2)) >= 0 && now.compareTo(MINUTE.multipliedBy(3)) < 0;
    return slow ? 60 : 20;
  }

  private void traffic(VirtualTime.Automatic time, boolean async, Duration length)
      throws Exception {
    Context root = Context.background(time);
    time.run(
        () -> {
          for (int i = 0; i < 4; i++) {
            time.start(
                "caller-" + i,
                () -> {
                  while (time.elapsed().compareTo(length) < 0) {
                    call(time, root, async);
                  }
                });
          }
          return null;
        });
  }

  private void call(VirtualTime time, Context root, boolean async) throws Exception {
    Duration begun = time.elapsed();
    Duration takes = duration(medianMillis(begun), time.random());
    boolean timedOut = false;
    try (CancellableContext ctx = root.withCancel()) {
      if (async) {
        ctx.await(stack.callAsync(ctx, c -> c.delay(takes)));
      } else {
        stack.run(ctx, c -> c.sleep(takes));
      }
    } catch (AttemptTimeoutException limitPassed) {
      timedOut = true;
    } catch (ExecutionException failed) {
      assertThat(failed).hasCauseInstanceOf(AttemptTimeoutException.class);
      timedOut = true;
    }
    answers.add(new Answer(begun, timedOut, timeout.limit()));
  }

  private List<Answer> between(int fromSecond, int toSecond) {
    return answers.stream()
        .filter(a -> a.at().toSeconds() >= fromSecond && a.at().toSeconds() < toSecond)
        .toList();
  }

  private static List<Answer> afterTheFirstWindow(List<Answer> answers) {
    return answers.subList(WINDOW, answers.size());
  }

  private static double failedShare(List<Answer> answers) {
    assertThat(answers).hasSizeGreaterThanOrEqualTo(WINDOW);
    return (double) answers.stream().filter(Answer::timedOut).count() / answers.size();
  }

  private static void assertLimitsNear(List<Answer> answers, double medianMillis) {
    double expected = 2 * percentile95(medianMillis);
    assertThat(answers)
        .allSatisfy(
            a ->
                assertThat((double) a.limit().toMillis())
                    .isBetween(0.85 * expected, 1.2 * expected));
  }

  @ParameterizedTest
  @CsvSource({"1,false", "2,false", "3,true"})
  void the_limit_follows_a_service_that_turns_three_times_slower_and_recovers(
      long seed, boolean async) throws Exception {
    traffic(VirtualTime.automatic(seed), async, MINUTE.multipliedBy(5));

    assertLimitsNear(between(60, 120), 20);
    assertThat(failedShare(between(60, 120))).isLessThan(0.01);

    List<Answer> slow = afterTheFirstWindow(between(120, 180));
    assertThat(failedShare(slow)).as("at the new speed").isLessThan(0.01);
    assertLimitsNear(slow, 60);

    assertLimitsNear(between(200, 300), 20);
    assertThat(failedShare(between(180, 300))).as("after the recovery").isLessThan(0.01);

    // Even while it learns, it never falls below what the old speed needs.
    assertThat(between(10, 300))
        .allSatisfy(a -> assertThat(a.limit()).isGreaterThan(Duration.ofMillis(60)));
    assertThat(failedShare(between(120, 300))).as("all in all").isLessThan(0.02);
  }

  @Test
  void callers_who_leave_move_no_percentile() throws Exception {
    VirtualTime.Automatic time = VirtualTime.automatic(5);
    Context root = Context.background(time);
    AtomicInteger timedOut = new AtomicInteger();
    time.run(
        () -> {
          for (int i = 0; i < 100_000; i++) {
            Duration takes = duration(20, time.random());
            boolean leaves = time.random().nextInt(100) < 30;
            AdaptiveTimeoutSnapshot before = leaves ? timeout.snapshot() : null;
            try (CancellableContext ctx = root.withCancel()) {
              stack.run(
                  ctx,
                  c -> {
                    if (leaves) {
                      c.sleep(takes.dividedBy(2));
                      ctx.cancel(CancelReason.USER);
                    }
                    c.sleep(takes);
                  });
            } catch (ContextCancelledException left) {
              assertThat(leaves).isTrue();
              assertThat(timeout.snapshot()).hasToString(String.valueOf(before));
            } catch (AttemptTimeoutException limitPassed) {
              timedOut.incrementAndGet();
            }
          }
          return null;
        });
    assertThat(timedOut).hasValueLessThan(500);
    assertThat((double) timeout.snapshot().percentile().orElseThrow().toMillis())
        .isBetween(0.9 * percentile95(20), 1.12 * percentile95(20));
  }

  @Test
  void a_future_that_is_cancelled_moves_no_percentile() throws Exception {
    VirtualTime.Automatic time = VirtualTime.automatic(5);
    Context root = Context.background(time);
    time.run(
        () -> {
          for (int i = 0; i < 20; i++) {
            stack.run(root, c -> c.sleep(Duration.ofMillis(8)));
          }
          AdaptiveTimeoutSnapshot before = timeout.snapshot();
          for (int i = 0; i < 20; i++) {
            CompletableFuture<Object> future =
                stack.callAsync(root, c -> new CompletableFuture<>()).toCompletableFuture();
            root.sleep(Duration.ofMillis(9));
            future.cancel(true);
          }
          assertThat(timeout.snapshot()).hasToString(String.valueOf(before));
          return null;
        });
  }
}
