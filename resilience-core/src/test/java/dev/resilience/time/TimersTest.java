package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The test is the server, and time is a number. */
class TimersTest {

  private static final long TICK = 1L << 20;
  private static final long HOUR = 3_600_000_000_000L;

  /** Wraps around in the middle of each test. */
  private static final long ORIGIN = Long.MAX_VALUE - HOUR / 2;

  private int wakeUps;
  private final Timers timers = new Timers(ORIGIN, 4, () -> wakeUps++);
  private final List<Long> ran = new ArrayList<>();
  private long now;

  private Timer set(long moment) {
    return timers.set(ORIGIN + moment, () -> ran.add(now));
  }

  /** One round of the server; returns until when it sleeps. */
  private long serve() {
    timers.serve(ORIGIN + now);
    return timers.nextWakeUp();
  }

  @Nested
  class The_server {

    @Test
    void sleeps_for_ever_when_nothing_stands() {
      assertThat(serve()).isEqualTo(Timers.NEVER);
    }

    @Test
    void is_woken_once_by_timers_that_are_set_and_cleared_one_at_a_time() {
      serve();
      for (int i = 0; i < 1_000; i++) {
        now++;
        set(now + HOUR / 4).cancel();
        serve();
      }
      assertThat(wakeUps).isEqualTo(1);
      assertThat(timers.size()).isZero();
    }

    @Test
    void keeps_the_wake_up_of_a_cleared_timer_and_then_sleeps_for_ever() {
      serve();
      set(HOUR / 4).cancel();
      now = serve();
      assertThat(now).isBetween(HOUR / 4, HOUR / 4 + TICK);
      assertThat(serve()).isEqualTo(Timers.NEVER);
    }

    @Test
    void is_woken_by_a_timer_that_is_due_before_its_wake_up() {
      serve();
      set(HOUR);
      assertThat(wakeUps).isEqualTo(1);
      set(HOUR / 2);
      assertThat(wakeUps).isEqualTo(2);
    }

    @Test
    void is_not_woken_by_a_later_one() {
      set(HOUR / 2);
      serve();
      wakeUps = 0;
      for (int i = 1; i < 1_000; i++) {
        set(HOUR / 2 + i);
        set(HOUR).cancel();
      }
      assertThat(wakeUps).isZero();
    }

    @Test
    void is_woken_by_a_timer_of_the_past() {
      now = HOUR;
      set(2 * HOUR);
      serve();
      wakeUps = 0;
      set(1);
      set(-HOUR);
      assertThat(wakeUps).isEqualTo(2);
      serve();
      assertThat(ran).hasSize(2);
    }

    @Test
    void is_not_woken_by_the_timers_of_its_own_tasks() {
      timers.set(ORIGIN, () -> set(HOUR));
      wakeUps = 0;
      serve();
      assertThat(wakeUps).isZero();
    }

    @Test
    void wakes_up_a_few_times_on_the_way_to_a_distant_timer_and_never_in_between() {
      set(HOUR);
      int rounds = 0;
      while (ran.isEmpty()) {
        now = serve();
        rounds++;
      }
      assertThat(rounds).isLessThanOrEqualTo(5);
      assertThat(serve()).isEqualTo(Timers.NEVER);
    }
  }

  @Test
  void a_timer_is_never_early_and_at_most_one_tick_late() {
    Random random = new Random(1);
    for (int i = 0; i < 2_000; i++) {
      ran.clear();
      long moment = now + (random.nextLong() >>> (22 + random.nextInt(40)));
      set(moment);
      long wakeUp = serve();
      while (ran.isEmpty()) {
        now = wakeUp;
        wakeUp = serve();
      }
      assertThat(ran.get(0)).isBetween(moment, moment + TICK - 1);
    }
  }

  @Test
  void a_task_may_cancel_another_that_is_due_at_the_same_time() {
    List<Timer> other = new ArrayList<>();
    List<Boolean> cancelled = new ArrayList<>();
    timers.set(ORIGIN, () -> cancelled.add(other.get(0).cancel()));
    other.add(set(0));
    serve();
    assertThat(cancelled).containsExactly(true);
    assertThat(ran).isEmpty();
  }
}
