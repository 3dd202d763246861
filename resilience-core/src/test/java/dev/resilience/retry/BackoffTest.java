package dev.resilience.retry;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BackoffTest {

  private static final Duration FOREVER = ofNanos(TimeSource.MAX_AHEAD);

  private final RandomGenerator random = new SplittableRandom(42);

  private List<Duration> first(int count, Backoff backoff) {
    List<Duration> delays = new ArrayList<>();
    Duration previous = ZERO;
    for (int attempt = 1; attempt <= count; attempt++) {
      previous = backoff.delay(attempt, previous, random);
      delays.add(previous);
    }
    return delays;
  }

  @Nested
  class Without_jitter {

    @Test
    void none_does_not_wait() {
      assertThat(first(3, Backoff.none())).containsExactly(ZERO, ZERO, ZERO);
    }

    @Test
    void constant_is_always_the_same() {
      assertThat(first(3, Backoff.constant(ofMillis(7)))).containsOnly(ofMillis(7));
    }

    @Test
    void exponential_doubles_up_to_its_cap() {
      assertThat(first(6, Backoff.exponential(ofMillis(50), ofSeconds(1))))
          .containsExactly(
              ofMillis(50),
              ofMillis(100),
              ofMillis(200),
              ofMillis(400),
              ofMillis(800),
              ofSeconds(1));
    }

    @Test
    void exponential_grows_by_its_factor() {
      assertThat(first(4, Backoff.exponential(ofMillis(1), ofSeconds(9), 10)))
          .containsExactly(ofMillis(1), ofMillis(10), ofMillis(100), ofSeconds(1));
    }

    @Test
    void exponential_may_stand_still() {
      assertThat(first(3, Backoff.exponential(ofMillis(5), ofMillis(5)))).containsOnly(ofMillis(5));
      assertThat(first(3, Backoff.exponential(ofMillis(5), ofSeconds(1), 1)))
          .containsOnly(ofMillis(5));
    }

    @Test
    void list_may_hold_one() {
      assertThat(first(3, Backoff.list(ofMillis(3)))).containsOnly(ofMillis(3));
    }

    @Test
    void list_repeats_its_last_one() {
      assertThat(first(4, Backoff.list(ofMillis(3), ZERO, ofMillis(5))))
          .containsExactly(ofMillis(3), ZERO, ofMillis(5), ofMillis(5));
    }
  }

  @Nested
  class With_jitter {

    @Test
    void full_draws_from_zero_up_to_the_delay() {
      var delays = first(10_000, Backoff.constant(ofNanos(9)).withFullJitter());

      assertThat(delays).contains(ZERO, ofNanos(9)).allMatch(d -> d.compareTo(ofNanos(9)) <= 0);
    }

    @Test
    void equal_draws_from_half_of_the_delay_up_to_it() {
      var delays = first(10_000, Backoff.constant(ofNanos(10)).withEqualJitter());

      assertThat(delays)
          .contains(ofNanos(5), ofNanos(10))
          .allMatch(d -> d.compareTo(ofNanos(5)) >= 0 && d.compareTo(ofNanos(10)) <= 0);
    }

    @Test
    void plus_minus_draws_around_the_delay() {
      var delays = first(10_000, Backoff.constant(ofNanos(100)).withJitter(0.1));

      assertThat(delays)
          .contains(ofNanos(90), ofNanos(110))
          .allMatch(d -> d.compareTo(ofNanos(90)) >= 0 && d.compareTo(ofNanos(110)) <= 0);
    }

    @Test
    void decorrelated_draws_from_the_first_up_to_three_times_the_previous_delay() {
      var backoff = Backoff.exponential(ofNanos(10), ofNanos(1000)).withDecorrelatedJitter();
      var afterFirst = new ArrayList<Duration>();
      var afterTwenty = new ArrayList<Duration>();
      var afterMuch = new ArrayList<Duration>();
      var afterAThird = new ArrayList<Duration>();
      for (int i = 0; i < 20_000; i++) {
        afterFirst.add(backoff.delay(1, ZERO, random));
        afterTwenty.add(backoff.delay(2, ofNanos(20), random));
        afterMuch.add(backoff.delay(9, ofNanos(900), random));
        afterAThird.add(backoff.delay(9, ofNanos(333), random));
      }

      assertBetween(afterFirst, 10, 30);
      assertBetween(afterTwenty, 10, 60);
      assertBetween(afterMuch, 10, 1000);
      assertBetween(afterAThird, 10, 999);
    }

    private static void assertBetween(List<Duration> delays, long least, long most) {
      assertThat(delays)
          .contains(ofNanos(least), ofNanos(most))
          .allMatch(d -> d.toNanos() >= least && d.toNanos() <= most);
    }

    @Test
    void comes_from_the_generator_alone() {
      var backoff = Backoff.exponential(ofMillis(1), ofSeconds(5)).withFullJitter();
      List<Duration> once = new ArrayList<>();
      List<Duration> again = new ArrayList<>();
      for (int attempt = 1; attempt < 50; attempt++) {
        once.add(backoff.delay(attempt, ZERO, new SplittableRandom(attempt)));
        again.add(backoff.delay(attempt, ZERO, new SplittableRandom(attempt)));
      }

      assertThat(once).isEqualTo(again);
    }

    @Test
    void replaces_another_one() {
      var base = Backoff.constant(ofMillis(1));

      assertThat(base.withFullJitter().withEqualJitter()).isEqualTo(base.withEqualJitter());
    }
  }

  static Stream<Backoff> greatest() {
    var exponential = Backoff.exponential(ofSeconds(1), FOREVER);
    var constant = Backoff.constant(Duration.ofSeconds(Long.MAX_VALUE));
    return Stream.of(
        exponential,
        exponential.withFullJitter(),
        exponential.withEqualJitter(),
        exponential.withDecorrelatedJitter(),
        exponential.withJitter(1),
        Backoff.exponential(ofNanos(1), FOREVER, Double.MAX_VALUE),
        constant,
        constant.withJitter(1),
        constant.withFullJitter());
  }

  @ParameterizedTest
  @MethodSource("greatest")
  void no_attempt_number_overflows(Backoff backoff) {
    for (int attempt : new int[] {1, 2, 31, 32, 62, 63, 64, 65, 1023, 1024, Integer.MAX_VALUE}) {
      for (Duration previous : List.of(ZERO, FOREVER)) {
        assertThat(backoff.delay(attempt, previous, random)).isBetween(ZERO, FOREVER);
      }
    }
  }

  @Nested
  class Bad_input {

    @Test
    void is_refused_with_what_was_expected() {
      refused(() -> Backoff.constant(ofMillis(-1)), "delay: -1 ms (expected: >= 0)");
      refused(() -> Backoff.exponential(ZERO, ofMillis(1)), "first: 0 s (expected: > 0)");
      refused(
          () -> Backoff.exponential(ofMillis(2), ofMillis(1)),
          "cap: 1 ms (expected: >= first, 2 ms)");
      refused(
          () -> Backoff.exponential(ofMillis(1), ofMillis(2), 0.5),
          "factor: 0.5 (expected: >= 1 and finite)");
      refused(
          () -> Backoff.exponential(ofMillis(1), ofMillis(2), Double.NaN),
          "factor: NaN (expected: >= 1 and finite)");
      refused(
          () -> Backoff.exponential(ofMillis(1), ofMillis(2), Double.POSITIVE_INFINITY),
          "factor: Infinity (expected: >= 1 and finite)");
      refused(() -> Backoff.list(ZERO, ofMillis(-2)), "others[0]: -2 ms (expected: >= 0)");
      refused(() -> Backoff.none().withJitter(1.5), "share: 1.5 (expected: > 0 and <= 1)");
      refused(() -> Backoff.none().withJitter(0), "share: 0.0 (expected: > 0 and <= 1)");
      refused(() -> Backoff.none().delay(0, ZERO, random), "attempt: 0 (expected: >= 1)");
      assertThatThrownBy(() -> Backoff.constant(ofMillis(1)).withDecorrelatedJitter())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("exponential");
    }

    private static void refused(Supplier<?> call, String message) {
      assertThatThrownBy(call::get)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
    }
  }

  @Test
  void is_a_value() {
    assertThat(Backoff.exponential(ofMillis(1), ofSeconds(1)).withJitter(0.2))
        .isEqualTo(Backoff.exponential(ofMillis(1), ofSeconds(1), 2).withJitter(0.2))
        .hasSameHashCodeAs(Backoff.exponential(ofMillis(1), ofSeconds(1), 2).withJitter(0.2))
        .isNotEqualTo(Backoff.exponential(ofMillis(1), ofSeconds(1)).withJitter(0.3))
        .hasToString("1 ms x 2.0 up to 1 s ± 20.0 %");
    assertThat(Backoff.none()).hasToString("no delay");
    assertThat(Backoff.constant(ofSeconds(1)).withFullJitter()).hasToString("1 s with full jitter");
    assertThat(Backoff.list(ofMillis(1), ofSeconds(2))).hasToString("[1 ms, 2 s]");
  }
}
