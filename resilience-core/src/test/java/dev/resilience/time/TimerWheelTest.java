package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TimerWheelTest {

  private static final long END = 1L << 43;

  private final TimerStripe stripe = new TimerStripe();
  private final TimerWheel wheel = new TimerWheel();

  private WheelTimer add(long tick) {
    WheelTimer timer = new WheelTimer(stripe, tick, () -> {});
    wheel.add(timer);
    return timer;
  }

  private List<WheelTimer> advance(long tick) {
    List<WheelTimer> due = new ArrayList<>();
    wheel.advance(tick, due::add);
    return due;
  }

  @Test
  void hands_over_what_is_due_and_nothing_else() {
    WheelTimer five = add(5);
    WheelTimer six = add(6);
    WheelTimer far = add(100_000);
    assertThat(advance(4)).isEmpty();
    assertThat(advance(6)).containsExactly(five, six);
    assertThat(advance(99_999)).isEmpty();
    assertThat(advance(100_000)).containsExactly(far);
    assertThat(wheel.size()).isZero();
  }

  @Test
  void hands_over_overdue_timers_first() {
    advance(10);
    WheelTimer next = add(11);
    WheelTimer past = add(3);
    WheelTimer longPast = add(-END);
    assertThat(wheel.nextTick()).isEqualTo(10);
    assertThat(advance(11)).containsExactly(past, longPast, next);
  }

  @Test
  void forgets_what_is_removed() {
    WheelTimer timer = add(70);
    assertThat(wheel.remove(timer)).isTrue();
    assertThat(wheel.remove(timer)).isFalse();
    assertThat(timer.next).isNull();
    assertThat(timer.previous).isNull();
    assertThat(wheel.nextTick()).isEqualTo(TimerWheel.NEVER);
    assertThat(advance(100)).isEmpty();
  }

  @Test
  void needs_few_steps_to_a_timer_however_far_away() {
    advance(12_345);
    WheelTimer timer = add(END - 1);
    int steps = 0;
    List<WheelTimer> due = List.of();
    while (due.isEmpty()) {
      due = advance(wheel.nextTick());
      steps++;
    }
    assertThat(due).containsExactly(timer);
    assertThat(steps).isLessThanOrEqualTo(8);
  }

  @Test
  void does_what_a_sorted_map_does() {
    Schedules.check(20_000, (seed, random) -> new Program(seed).run());
  }

  /** A random life of a wheel beside one of a sorted map. */
  private final class Program {

    private final Random random;
    private final TimerWheel wheel = new TimerWheel();
    private final List<WheelTimer> overdue = new ArrayList<>();
    private final TreeMap<Long, List<WheelTimer>> ahead = new TreeMap<>();
    private final List<WheelTimer> standing = new ArrayList<>();
    private long now;

    Program(long seed) {
      random = new Random(VirtualClock.mixed(seed));
    }

    void run() {
      int steps = 5 + random.nextInt(60);
      for (int i = 0; i < steps; i++) {
        switch (random.nextInt(6)) {
          case 0, 1, 2 -> add();
          case 3 -> remove();
          case 4 -> advance(Math.min(now + distance(), END));
          default -> advance(Math.min(wheel.nextTick(), END));
        }
        check();
      }
      advance(END);
      assertThat(standing).isEmpty();
      check();
    }

    /** Of any magnitude, small ones being the most interesting. */
    private long distance() {
      return random.nextLong() >>> (21 + random.nextInt(43));
    }

    private void add() {
      long tick = random.nextInt(10) == 0 ? now - distance() : Math.min(now + distance(), END);
      WheelTimer timer = new WheelTimer(stripe, tick, () -> {});
      wheel.add(timer);
      standing.add(timer);
      (tick <= now ? overdue : ahead.computeIfAbsent(tick, t -> new ArrayList<>())).add(timer);
    }

    private void remove() {
      if (standing.isEmpty()) {
        return;
      }
      WheelTimer timer = standing.remove(random.nextInt(standing.size()));
      assertThat(wheel.remove(timer)).isTrue();
      if (!overdue.remove(timer)) {
        ahead.computeIfPresent(
            timer.tick,
            (tick, same) -> {
              same.remove(timer);
              return same.isEmpty() ? null : same;
            });
      }
    }

    private void advance(long tick) {
      now = Math.max(now, tick);
      List<WheelTimer> expected = new ArrayList<>(overdue);
      overdue.clear();
      ahead.headMap(now, true).values().forEach(expected::addAll);
      ahead.headMap(now, true).clear();
      standing.removeAll(expected);
      List<WheelTimer> due = new ArrayList<>();
      wheel.advance(tick, due::add);
      assertThat(due).isEqualTo(expected);
    }

    private void check() {
      assertThat(wheel.size()).isEqualTo(standing.size());
      if (!overdue.isEmpty()) {
        assertThat(wheel.nextTick()).isEqualTo(now);
      } else if (ahead.isEmpty()) {
        assertThat(wheel.nextTick()).isEqualTo(TimerWheel.NEVER);
      } else {
        assertThat(wheel.nextTick()).isGreaterThan(now).isLessThanOrEqualTo(ahead.firstKey());
      }
    }
  }
}
