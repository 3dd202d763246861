package dev.resilience.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
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

  /** Sizes around the borders of each implementation. */
  static Stream<Arguments> windows() {
    return Stream.of(1, 2, 3, 20, 62, 63, 64, 65, 200)
        .flatMap(
            calls -> IntStream.range(0, 20).mapToObj(seed -> Arguments.of(calls, (long) seed)));
  }

  @ParameterizedTest(name = "{0} calls, seed {1}")
  @MethodSource("windows")
  void agrees_with_a_plain_list(int calls, long seed) {
    var random = new Random(seed);
    var thresholds =
        new Thresholds(
            (1 + random.nextInt(100)) / 100.0,
            Thresholds.NO_RATE,
            1 + random.nextInt(calls),
            random.nextBoolean() ? Thresholds.NEVER : 1 + random.nextInt(calls));
    var window = window(calls, thresholds, Long.MAX_VALUE);
    var model = new PlainWindow(calls, thresholds);
    double share = random.nextDouble();

    for (int i = 0; i < 5 * calls + 20; i++) {
      if (random.nextInt(10) == 0) {
        share = random.nextInt(3) / 2.0;
      }
      boolean failure = random.nextDouble() < share;
      assertThat(window.add(failure, false, 0))
          .as("result %d of %s", i, thresholds)
          .isEqualTo(model.add(failure));
      assertThat(window.tally(0)).isEqualTo(model.tally());
    }
  }

  @Test
  void opens_at_exactly_the_rate_as_the_user_wrote_it() {
    var seven = new Thresholds(0.07, Thresholds.NO_RATE, 1, Thresholds.NEVER);
    // 0.07 * 100 is a little more than 7.
    assertThat(seven.areExceededBy(100, 7, 0, 1)).isTrue();
    assertThat(seven.areExceededBy(100, 6, 0, 1)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("twoSizes")
  void loses_no_result_of_threads_that_add_at_once(int calls) throws Exception {
    var window =
        window(
            calls, new Thresholds(1, Thresholds.NO_RATE, calls, Thresholds.NEVER), Long.MAX_VALUE);
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
                            window.add(failure, false, 0);
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(window.tally(0).calls()).isEqualTo(calls / 4 * 4);
    assertThat(window.tally(0).failures()).isEqualTo(failures.get());
  }

  static IntStream twoSizes() {
    return IntStream.of(60, 4000);
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
    var thresholds =
        new Thresholds(
            (1 + random.nextInt(100)) / 100.0,
            random.nextBoolean() ? Thresholds.NO_RATE : (1 + random.nextInt(100)) / 100.0,
            1 + random.nextInt(10),
            random.nextBoolean() ? Thresholds.NEVER : 1 + random.nextInt(10));
    var window = new TimeWindow(slice * TimeWindow.SLICES, thresholds);
    var results = new ArrayList<Timed>();
    // Readings of the clock may be negative, and wrap.
    long origin = Long.MAX_VALUE - random.nextInt(500);
    long now = origin;
    for (int i = 0; i < 500; i++) {
      // The first slice begins with the first result.
      now += i == 0 ? 0 : random.nextInt(20) == 0 ? random.nextInt(100) : random.nextInt(3);
      boolean failure = random.nextInt(3) == 0;
      boolean slow = random.nextInt(4) == 0;
      long latest = (now - origin) / slice;
      results.add(new Timed(latest, failure, slow));
      results.removeIf(result -> result.slice <= latest - TimeWindow.SLICES);
      int inARow = 0;
      for (int k = results.size() - 1; k >= 0 && results.get(k).failure; k--) {
        inARow++;
      }
      var expected =
          new WindowCounts(
              results.size(),
              (int) results.stream().filter(Timed::failure).count(),
              (int) results.stream().filter(Timed::slow).count(),
              inARow);

      assertThat(window.add(failure, slow, now))
          .as("result %d of %s", i, thresholds)
          .isEqualTo(thresholds.areExceededBy(expected));
      assertThat(window.tally(now)).isEqualTo(expected);
    }
    assertThat(window.tally(now + slice * TimeWindow.SLICES)).isEqualTo(WindowCounts.NOTHING);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void with_slow_calls_agrees_with_a_plain_list(long seed) {
    var random = new Random(seed);
    int calls = 1 + random.nextInt(20);
    var thresholds =
        new Thresholds(
            (1 + random.nextInt(100)) / 100.0,
            (1 + random.nextInt(100)) / 100.0,
            1 + random.nextInt(calls),
            random.nextBoolean() ? Thresholds.NEVER : 1 + random.nextInt(calls));
    var window = window(calls, thresholds, 1);
    var results = new ArrayDeque<Timed>();
    int well = 0;
    for (int i = 0; i < 500; i++) {
      if (well == 0 && random.nextInt(20) == 0) {
        // Now and then nothing bad is left in it.
        well = random.nextInt(2 * calls);
      }
      boolean failure = well == 0 && random.nextInt(3) == 0;
      boolean slow = well == 0 && random.nextInt(3) == 0;
      well = Math.max(0, well - 1);
      results.addFirst(new Timed(i, failure, slow));
      if (results.size() > calls) {
        results.removeLast();
      }
      int inARow = (int) results.stream().takeWhile(Timed::failure).count();
      var expected =
          new WindowCounts(
              results.size(),
              (int) results.stream().filter(Timed::failure).count(),
              (int) results.stream().filter(Timed::slow).count(),
              inARow);

      assertThat(window.add(failure, slow, 0))
          .as("result %d of %s", i, thresholds)
          .isEqualTo(thresholds.areExceededBy(expected));
      assertThat(window.tally(0)).isEqualTo(expected);
    }
  }

  static LongStream seeds() {
    return LongStream.range(0, 100);
  }

  private record Timed(long slice, boolean failure, boolean slow) {}

  @Test
  void of_a_time_takes_no_result_that_is_older_than_itself() {
    var window = new TimeWindow(100, new Thresholds(1, Thresholds.NO_RATE, 1, Thresholds.NEVER));
    window.add(false, false, 1000);
    window.add(false, false, 1150);

    assertThat(window.add(true, false, 1050)).as("of a slow thread").isFalse();
    assertThat(window.tally(1150)).isEqualTo(new WindowCounts(1, 0, 0, 0));
  }

  @Test
  void of_a_number_of_calls_counts_slow_ones() {
    var window = window(3, new Thresholds(1, 0.6, 2, Thresholds.NEVER), 1);

    assertThat(window.add(false, true, 0)).isFalse();
    assertThat(window.add(true, true, 0)).isTrue();
    assertThat(window.tally(0)).isEqualTo(new WindowCounts(2, 1, 2, 1));
    window.add(false, false, 0);
    window.add(false, false, 0);
    assertThat(window.tally(0)).isEqualTo(new WindowCounts(3, 1, 1, 0));
    window.add(false, false, 0);
    assertThat(window.tally(0)).isEqualTo(new WindowCounts(3, 0, 0, 0));
  }

  @Test
  void that_keeps_nothing_passes_nothing() {
    assertThat(Window.none().add(true, true, 0)).isFalse();
    assertThat(Window.none().tally(0)).isEqualTo(WindowCounts.NOTHING);
  }

  /** Obviously right. */
  private static final class PlainWindow {

    private final Deque<Boolean> results = new ArrayDeque<>();
    private final int calls;
    private final Thresholds thresholds;

    PlainWindow(int calls, Thresholds thresholds) {
      this.calls = calls;
      this.thresholds = thresholds;
    }

    boolean add(boolean failure) {
      if (results.size() == calls) {
        results.removeLast();
      }
      results.addFirst(failure);
      WindowCounts now = tally();
      return now.inARow() >= thresholds.inARow()
          || (now.calls() >= thresholds.minimumCalls()
              && now.failures() > 0
              && Math.round(thresholds.rate() * 100) * now.calls() <= 100L * now.failures());
    }

    WindowCounts tally() {
      int inARow = 0;
      for (boolean failure : results) {
        if (!failure) {
          break;
        }
        inARow++;
      }
      return new WindowCounts(
          results.size(), (int) results.stream().filter(f -> f).count(), 0, inARow);
    }
  }
}
