package dev.resilience.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
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
            1 + random.nextInt(calls),
            random.nextBoolean() ? Thresholds.NEVER : 1 + random.nextInt(calls));
    var window = Window.of(calls, thresholds);
    var model = new PlainWindow(calls, thresholds);
    double share = random.nextDouble();

    for (int i = 0; i < 5 * calls + 20; i++) {
      if (random.nextInt(10) == 0) {
        share = random.nextInt(3) / 2.0;
      }
      boolean failure = random.nextDouble() < share;
      assertThat(window.add(failure))
          .as("result %d of %s", i, thresholds)
          .isEqualTo(model.add(failure));
      assertThat(window.tally()).isEqualTo(model.tally());
    }
  }

  @Test
  void opens_at_exactly_the_rate_as_the_user_wrote_it() {
    // 0.07 * 100 is a little more than 7.
    assertThat(new Thresholds(0.07, 1, Thresholds.NEVER).arePassedBy(100, 7, 1)).isTrue();
    assertThat(new Thresholds(0.07, 1, Thresholds.NEVER).arePassedBy(100, 6, 1)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("twoSizes")
  void loses_no_result_of_threads_that_add_at_once(int calls) throws Exception {
    var window = Window.of(calls, new Thresholds(1, calls, Thresholds.NEVER));
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
                            window.add(failure);
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(window.tally().calls()).isEqualTo(calls / 4 * 4);
    assertThat(window.tally().failures()).isEqualTo(failures.get());
  }

  static IntStream twoSizes() {
    return IntStream.of(60, 4000);
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
      Tally now = tally();
      return now.inARow() >= thresholds.inARow()
          || (now.calls() >= thresholds.minimumCalls()
              && now.failures() > 0
              && Math.round(thresholds.rate() * 100) * now.calls() <= 100L * now.failures());
    }

    Tally tally() {
      int inARow = 0;
      for (boolean failure : results) {
        if (!failure) {
          break;
        }
        inARow++;
      }
      return new Tally(results.size(), (int) results.stream().filter(f -> f).count(), inARow);
    }
  }
}
