package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class DeadlineTest {

  private final VirtualTime.Manual time = VirtualTime.manual();

  @Test
  void passes_when_its_time_has_come() {
    Deadline deadline = Deadline.after(Duration.ofSeconds(2), time);
    time.advance(Duration.ofSeconds(2).minusNanos(1));
    assertThat(deadline.isPassed()).isFalse();
    assertThat(deadline.timeLeft()).isEqualTo(Duration.ofNanos(1));
    time.advance(Duration.ofNanos(1));
    assertThat(deadline.isPassed()).isTrue();
    assertThat(deadline.timeLeft()).isZero();
  }

  @Test
  void has_passed_already_when_the_time_is_not_positive() {
    assertThat(Deadline.after(Duration.ZERO, time).isPassed()).isTrue();
    assertThat(Deadline.after(Duration.ofSeconds(-1), time).isPassed()).isTrue();
    assertThat(Deadline.at(Instant.MIN, time).isPassed()).isTrue();
  }

  @Test
  void is_read_by_people() {
    Deadline deadline = Deadline.after(Duration.ofSeconds(2), time);
    assertThat(deadline).hasToString("in 2 s");
    time.advance(Duration.ofSeconds(5));
    assertThat(deadline).hasToString("passed 3 s ago");
  }

  @Nested
  class Far_away {

    @Test
    void is_cut_instead_of_overflowing() {
      Deadline furthest = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999), time);
      assertThat(furthest.isPassed()).isFalse();
      assertThat(furthest.timeLeft()).isEqualTo(Duration.ofNanos(TimeSource.MAX_AHEAD));
      assertThat(Deadline.after(Duration.ofSeconds(Long.MIN_VALUE), time).isPassed()).isTrue();
      assertThat(Deadline.at(Instant.MAX, time).isPassed()).isFalse();
    }

    @Test
    void is_cut_exactly_at_the_limit() {
      Duration limit = Duration.ofNanos(TimeSource.MAX_AHEAD);
      assertThat(Durations.toNanos(limit)).isEqualTo(TimeSource.MAX_AHEAD);
      assertThat(Durations.toNanos(limit.plusNanos(1))).isEqualTo(TimeSource.MAX_AHEAD);
      assertThat(Durations.toNanos(limit.minusNanos(1))).isEqualTo(TimeSource.MAX_AHEAD - 1);
      assertThat(Durations.toNanos(limit.negated().minusNanos(1))).isEqualTo(-TimeSource.MAX_AHEAD);
    }

    @Test
    void is_ordered_across_the_end_of_the_scale() {
      Deadline soon = Deadline.after(Duration.ofMillis(1), time);
      Deadline later = Deadline.after(Duration.ofHours(1), time);
      assertThat(later.nanos()).isLessThan(soon.nanos());
      assertThat(soon.isBefore(later)).isTrue();
      assertThat(later).isGreaterThan(soon);
    }
  }

  @Nested
  class Wall_clock {

    @Test
    void is_converted_once() {
      Deadline deadline = Deadline.at(time.instant().plusSeconds(5), time);
      assertThat(deadline).isEqualTo(Deadline.after(Duration.ofSeconds(5), time));
    }

    @Test
    void moves_no_deadline_when_it_jumps() {
      Deadline deadline = Deadline.at(time.instant().plusSeconds(5), time);
      time.jumpWallClock(Duration.ofDays(1));
      assertThat(deadline.isPassed()).isFalse();
      time.jumpWallClock(Duration.ofDays(-9));
      assertThat(deadline.timeLeft()).isEqualTo(Duration.ofSeconds(5));
    }
  }

  @Nested
  class Sources {

    @Test
    void are_not_mixed() {
      VirtualTime.Manual other = VirtualTime.manual();
      Deadline here = Deadline.after(Duration.ZERO, time);
      Deadline there = Deadline.after(Duration.ZERO, other);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> here.isBefore(there))
          .withMessageStartingWith("other: a deadline of manual time");
      assertThat(here).isNotEqualTo(there);
    }

    @Test
    @SuppressWarnings("NullAway")
    void are_required() {
      assertThatNullPointerException()
          .isThrownBy(() -> Deadline.after(Duration.ZERO, null))
          .withMessage("source");
      assertThatNullPointerException()
          .isThrownBy(() -> Deadline.after(null, time))
          .withMessage("time");
      assertThatNullPointerException()
          .isThrownBy(() -> Deadline.at(null, time))
          .withMessage("instant");
      assertThatNullPointerException()
          .isThrownBy(() -> Deadline.atNanos(0, null))
          .withMessage("source");
    }
  }
}
