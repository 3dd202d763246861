package dev.resilience.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WindowTest {

  private static final Result SUCCESS = Result.SUCCESS;
  private static final Result FAILURE = Result.FAILURE;
  private static final Result TIMED_OUT = Result.TIMED_OUT;

  /** Sizes around the borders of each implementation. */
  static Stream<Arguments> windows() {
    return Stream.of(1, 2, 3, 20, 30, 31, 32, 33, 200)
        .flatMap(
            calls -> IntStream.range(0, 20).mapToObj(seed -> Arguments.of(calls, (long) seed)));
  }

  @ParameterizedTest(name = "{0} calls, seed {1}")
  @MethodSource("windows")
  void agrees_with_a_plain_list(int calls, long seed) {
    var random = new Random(seed);
    var thresholds = thresholds(random, Thresholds.NO_RATE, calls);
    var window = window(calls, thresholds, Long.MAX_VALUE);
    var model = new PlainWindow(calls, thresholds);
    double share = random.nextDouble();

    for (int i = 0; i < 5 * calls + 20; i++) {
      if (random.nextInt(10) == 0) {
        share = random.nextInt(3) / 2.0;
      }
      Result result = random.nextDouble() < share ? anyBad(random) : SUCCESS;
      assertThat(window.add(result, false, 0))
          .as("result %d of %s", i, thresholds)
          .isEqualTo(model.add(result, false));
      assertThat(window.counts(0)).isEqualTo(model.counts());
    }
  }

  private static Thresholds thresholds(Random random, double slowRate, int calls) {
    return new Thresholds(
        (1 + random.nextInt(100)) / 100.0,
        slowRate,
        1 + random.nextInt(calls),
        random.nextBoolean() ? Thresholds.NEVER : 1 + random.nextInt(calls),
        0);
  }

  private static Thresholds opensAt(double rate, int minimumCalls) {
    return new Thresholds(rate, Thresholds.NO_RATE, minimumCalls, Thresholds.NEVER, 0);
  }

  private static Result anyBad(Random random) {
    return random.nextBoolean() ? FAILURE : TIMED_OUT;
  }

  @Test
  void opens_at_exactly_the_rate_as_the_user_wrote_it() {
    var seven = opensAt(0.07, 1);
    // 0.07 * 100 is a little more than 7.
    assertThat(seven.judge(100, 7, 0, 0, 1)).isEqualTo(Health.FAILING);
    assertThat(seven.judge(100, 6, 0, 0, 1)).isEqualTo(Health.WELL);
  }

  @Test
  void takes_the_rate_of_failures_among_those_that_did_not_time_out() {
    var half = opensAt(0.5, 10);
    assertThat(half.judge(20, 5, 10, 0, 0)).isEqualTo(Health.FAILING);
    assertThat(half.judge(20, 4, 10, 0, 0)).isEqualTo(Health.WELL);
    assertThat(half.judge(20, 9, 11, 0, 0)).as("nine are too few").isEqualTo(Health.STALLED);
  }

  @Test
  void is_stalled_where_one_in_twenty_gets_through_and_not_where_two_do() {
    var half = opensAt(0.5, 10);
    assertThat(half.judge(20, 0, 19, 0, 0)).isEqualTo(Health.STALLED);
    assertThat(half.judge(20, 0, 18, 0, 0)).isEqualTo(Health.WELL);
    assertThat(half.judge(10, 0, 10, 0, 0)).isEqualTo(Health.STALLED);
    assertThat(half.judge(9, 0, 9, 0, 0)).as("nine are too few").isEqualTo(Health.WELL);
  }

  @ParameterizedTest
  @MethodSource("twoSizes")
  void loses_no_result_of_threads_that_add_at_once(int calls) throws Exception {
    var window = window(calls, opensAt(1, calls), Long.MAX_VALUE);
    var failures = new AtomicInteger();
    var threads =
        IntStream.range(0, 4)
            .mapToObj(
                id ->
                    new Thread(
                        () -> {
                          for (int i = 0; i < calls / 4; i++) {
                            boolean failure = (i + id) % 3 == 0;
                            if (failure) {
                              failures.incrementAndGet();
                            }
                            window.add(failure ? FAILURE : SUCCESS, false, 0);
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(window.counts(0).calls()).isEqualTo(calls / 4 * 4);
    assertThat(window.counts(0).failures()).isEqualTo(failures.get());
  }

  static IntStream twoSizes() {
    return IntStream.of(28, 4000);
  }

  private static Window window(int calls, Thresholds thresholds, long slowAfter) {
    return Window.of(
        new BreakerConfig(
            "b",
            thresholds,
            calls,
            0,
            slowAfter,
            false,
            false,
            false,
            1,
            1,
            1,
            1,
            1,
            1,
            Classifier.ofDefaults(),
            PolicyListener.none()));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void of_a_time_agrees_with_a_plain_list(long seed) {
    var random = new Random(seed);
    long slice = 1L + random.nextInt(5);
    var thresholds = thresholds(random, anySlowRate(random), 10);
    var window = new TimeWindow(slice * TimeWindow.SLICES, thresholds);
    var model = new PlainWindow(Integer.MAX_VALUE, thresholds);
    // Readings of the clock may be negative, and wrap.
    long origin = Long.MAX_VALUE - random.nextInt(500);
    long now = origin;
    for (int i = 0; i < 500; i++) {
      // The first slice begins with the first result.
      now += i == 0 ? 0 : random.nextInt(20) == 0 ? random.nextInt(100) : random.nextInt(3);
      model.slice = (now - origin) / slice;
      Result result = random.nextInt(3) == 0 ? anyBad(random) : SUCCESS;
      boolean slow = random.nextInt(4) == 0;

      assertThat(window.add(result, slow, now))
          .as("result %d of %s", i, thresholds)
          .isEqualTo(model.add(result, slow));
      assertThat(window.counts(now)).isEqualTo(model.counts());
    }
    assertThat(window.counts(now + slice * TimeWindow.SLICES)).isEqualTo(WindowCounts.NOTHING);
  }

  private static double anySlowRate(Random random) {
    return random.nextBoolean() ? Thresholds.NO_RATE : (1 + random.nextInt(100)) / 100.0;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void with_slow_calls_agrees_with_a_plain_list(long seed) {
    var random = new Random(seed);
    int calls = 1 + random.nextInt(20);
    var thresholds = thresholds(random, (1 + random.nextInt(100)) / 100.0, calls);
    var window = window(calls, thresholds, 1);
    var model = new PlainWindow(calls, thresholds);
    int well = 0;
    for (int i = 0; i < 500; i++) {
      if (well == 0 && random.nextInt(20) == 0) {
        // Now and then nothing bad is left in it.
        well = random.nextInt(2 * calls);
      }
      Result result = well == 0 && random.nextInt(3) == 0 ? anyBad(random) : SUCCESS;
      boolean slow = well == 0 && random.nextInt(3) == 0;
      well = Math.max(0, well - 1);

      assertThat(window.add(result, slow, 0))
          .as("result %d of %s", i, thresholds)
          .isEqualTo(model.add(result, slow));
      assertThat(window.counts(0)).isEqualTo(model.counts());
    }
  }

  static LongStream seeds() {
    return LongStream.range(0, 100);
  }

  @Test
  void of_a_time_takes_no_result_that_is_older_than_itself() {
    var window = new TimeWindow(100, opensAt(1, 1));
    window.add(SUCCESS, false, 1000);
    window.add(SUCCESS, false, 1150);

    assertThat(window.add(FAILURE, false, 1050)).as("of a slow thread").isEqualTo(Health.WELL);
    assertThat(window.counts(1150)).isEqualTo(new WindowCounts(1, 0, 0, 0, 0));
  }

  @Test
  void of_a_number_of_calls_counts_slow_ones() {
    var window = window(3, new Thresholds(1, 0.6, 2, Thresholds.NEVER, 0), 1);

    assertThat(window.add(SUCCESS, true, 0)).isEqualTo(Health.WELL);
    assertThat(window.add(FAILURE, true, 0)).isEqualTo(Health.FAILING);
    assertThat(window.counts(0)).isEqualTo(new WindowCounts(2, 1, 0, 2, 1));
    window.add(SUCCESS, false, 0);
    window.add(SUCCESS, false, 0);
    assertThat(window.counts(0)).isEqualTo(new WindowCounts(3, 1, 0, 1, 0));
    window.add(SUCCESS, false, 0);
    assertThat(window.counts(0)).isEqualTo(new WindowCounts(3, 0, 0, 0, 0));
  }

  @Test
  void that_keeps_nothing_passes_nothing() {
    assertThat(Window.none().add(FAILURE, true, 0)).isEqualTo(Health.WELL);
    assertThat(Window.none().counts(0)).isEqualTo(WindowCounts.NOTHING);
  }

  private record Added(long slice, Result result, boolean slow) {}

  /** Obviously right. */
  private static final class PlainWindow {

    private final Deque<Added> latestFirst = new ArrayDeque<>();
    private final int calls;
    private final Thresholds thresholds;

    /** The present one; 0 where the window is a number of calls. */
    long slice;

    PlainWindow(int calls, Thresholds thresholds) {
      this.calls = calls;
      this.thresholds = thresholds;
    }

    Health add(Result result, boolean slow) {
      if (latestFirst.size() == calls) {
        latestFirst.removeLast();
      }
      latestFirst.addFirst(new Added(slice, result, slow));
      latestFirst.removeIf(added -> added.slice <= slice - TimeWindow.SLICES);
      return judge(counts());
    }

    private Health judge(WindowCounts now) {
      int answered = now.calls() - now.timedOut();
      if (now.inARow() >= thresholds.inARow()
          || isReached(thresholds.rate(), now.failures(), answered)
          || isReached(thresholds.slowRate(), now.slow(), now.calls())) {
        return Health.FAILING;
      }
      return now.timedOut() > 0
              && now.calls() >= thresholds.minimumCalls()
              && 20 * (answered - now.failures()) <= now.calls()
          ? Health.STALLED
          : Health.WELL;
    }

    private boolean isReached(double rate, int bad, int of) {
      return of >= thresholds.minimumCalls() && Math.round(rate * 100) * of <= 100L * bad;
    }

    WindowCounts counts() {
      int inARow = 0;
      for (Added added : latestFirst) {
        if (added.result == SUCCESS) {
          break;
        }
        inARow += added.result == FAILURE ? 1 : 0;
      }
      return new WindowCounts(
          latestFirst.size(), count(FAILURE), count(TIMED_OUT), slowCount(), inARow);
    }

    private int count(Result result) {
      return (int) latestFirst.stream().filter(added -> added.result == result).count();
    }

    private int slowCount() {
      return (int) latestFirst.stream().filter(Added::slow).count();
    }
  }
}
