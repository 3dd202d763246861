package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DurationsTest {

  private static final Duration LONGEST = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
  private static final Duration SHORTEST = Duration.ofSeconds(Long.MIN_VALUE);

  static Stream<Duration> extremes() {
    return Stream.of(
        LONGEST,
        SHORTEST,
        Duration.ofNanos(Long.MAX_VALUE),
        Duration.ofNanos(Long.MIN_VALUE),
        Duration.ZERO);
  }

  @Nested
  class Arithmetic {

    @ParameterizedTest
    @MethodSource("dev.resilience.time.DurationsTest#extremes")
    void never_overflows(Duration extreme) {
      for (Duration other : extremes().toList()) {
        assertThat(Durations.plus(extreme, other))
            .isBetween(Durations.MAX.negated(), Durations.MAX);
        assertThat(Durations.minus(extreme, other))
            .isBetween(Durations.MAX.negated(), Durations.MAX);
      }
      for (double factor :
          new double[] {0, 1, -1, 1e300, -1e300, Double.POSITIVE_INFINITY, Double.MIN_VALUE}) {
        assertThat(Durations.multiply(extreme, factor))
            .isBetween(Durations.MAX.negated(), Durations.MAX);
      }
    }

    @Test
    void saturates_on_either_side() {
      assertThat(Durations.toNanos(LONGEST)).isEqualTo(TimeSource.MAX_AHEAD);
      assertThat(Durations.toNanos(SHORTEST)).isEqualTo(-TimeSource.MAX_AHEAD);
      assertThat(Durations.plus(LONGEST, Duration.ofNanos(-1)))
          .isEqualTo(Durations.MAX.minusNanos(1));
      assertThat(Durations.multiply(Duration.ofDays(36500), 1e9)).isEqualTo(Durations.MAX);
    }

    @Test
    void is_exact_within_the_range() {
      assertThat(Durations.plus(Duration.ofSeconds(2), Duration.ofNanos(3)))
          .isEqualTo(Duration.ofSeconds(2, 3));
      assertThat(Durations.minus(Duration.ofSeconds(2), Duration.ofSeconds(5)))
          .isEqualTo(Duration.ofSeconds(-3));
      assertThat(Durations.multiply(Duration.ofMillis(100), 1.5)).isEqualTo(Duration.ofMillis(150));
      assertThat(Durations.min(Duration.ofMillis(1), Duration.ofMillis(2)))
          .isEqualTo(Duration.ofMillis(1));
      assertThat(Durations.max(Duration.ofMillis(1), Duration.ofMillis(2)))
          .isEqualTo(Duration.ofMillis(2));
    }

    @Test
    void refuses_a_factor_that_is_no_number() {
      assertThatThrownBy(() -> Durations.multiply(Duration.ZERO, Double.NaN))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("factor: NaN (expected: a number)");
    }
  }

  @Nested
  class Positive {

    @Test
    void returns_what_is_positive() {
      assertThat(Durations.requirePositive(Duration.ofNanos(1), "delay"))
          .isEqualTo(Duration.ofNanos(1));
    }

    @Test
    void refuses_the_rest_by_name() {
      assertThatThrownBy(() -> Durations.requirePositive(SHORTEST, "delay"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("delay: -146 years (expected: > 0)");
      assertThatThrownBy(() -> Durations.requirePositive(Duration.ZERO, "delay"))
          .hasMessage("delay: 0 s (expected: > 0)");
    }
  }
}
