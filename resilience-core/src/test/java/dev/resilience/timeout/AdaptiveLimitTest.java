package dev.resilience.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.statistics.StripedHistogram;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final long FAST = Duration.ofMillis(100).toNanos();
  private static final long SLOW = Duration.ofMillis(400).toNanos();

  /** A sixty-fourth of the window. */
  private static final long PAUSE = Duration.ofSeconds(64).toNanos() / 64;

  private static final long MILLISECOND = 1_000_000;

  /** 640 calls: a slice is full after 80. */
  private final AdaptiveLimit limit = limit(2, Duration.ofMillis(50));

  private long now = Long.MAX_VALUE - 1;

  private static AdaptiveLimit limit(double times, Duration floor) {
    return new AdaptiveLimit(
        new AdaptiveLimit.Settings(
            0.95, times, floor, SECOND.multipliedBy(2), SECOND, 10, SECOND.multipliedBy(64), 640));
  }

  private void ended(int count, long nanos) {
    for (int i = 0; i < count; i++) {
      limit.ended(nanos, now);
    }
  }

  private static void assertNear(Duration limit, long nanos) {
    assertThat((double) limit.toNanos()).isBetween((double) nanos, 1.033 * nanos);
  }

  @Nested
  class Looks_at_what_was_counted {

    /** One batch, in which the tenth call was the last one that was looked at. */
    @BeforeEach
    void learn() {
      ended(StripedHistogram.BATCH, FAST);
      assertNear(limit.limit(), 2 * FAST);
    }

    @Test
    void when_a_pause_has_passed_and_not_before() {
      now += PAUSE - 1;
      ended(20, SLOW);
      assertNear(limit.limit(), 2 * FAST);

      now += 1;
      ended(1, SLOW);
      assertNear(limit.limit(), 2 * SLOW);
    }

    @Test
    void when_the_calls_of_a_slice_have_come_before_that() {
      now += MILLISECOND;
      ended(2 * StripedHistogram.BATCH - 1, SLOW);
      assertNear(limit.limit(), 2 * FAST);

      ended(1, SLOW);
      assertNear(limit.limit(), 2 * SLOW);
    }

    @Test
    void and_counts_the_calls_of_a_slice_anew_after_each_look() {
      now += PAUSE - 1;
      ended(StripedHistogram.BATCH, FAST);
      now += 1;
      ended(1, FAST);
      now += MILLISECOND;

      ended(StripedHistogram.BATCH - 1, SLOW);

      assertNear(limit.limit(), 2 * FAST);
    }

    @Test
    void at_most_once_a_millisecond_however_many_calls_there_are() {
      now += MILLISECOND - 1;
      ended(100 * StripedHistogram.BATCH, SLOW);
      assertNear(limit.limit(), 2 * FAST);
    }

    @Test
    void when_somebody_asks_for_the_numbers() {
      ended(7, SLOW);

      assertThat(limit.snapshot("quotes").samples()).isEqualTo(StripedHistogram.BATCH + 7);
      assertNear(limit.limit(), 2 * FAST);
    }
  }

  @Test
  void a_large_factor_is_of_durations_far_below_the_floor() {
    AdaptiveLimit tenfold = limit(10, Duration.ofMillis(50));
    for (int i = 0; i < 10; i++) {
      tenfold.ended(Duration.ofMillis(6).toNanos(), now);
    }

    assertNear(tenfold.limit(), Duration.ofMillis(60).toNanos());
  }
}
