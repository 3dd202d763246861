package dev.resilience.benchmarks;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.util.ArrayList;
import java.util.List;

/** Timers of other calls, which stand from one to eleven minutes from now and never fire here. */
final class StandingTimers {

  static final int COUNT = 100_000;

  private final List<Timer> timers = new ArrayList<>();

  StandingTimers(TimeSource time) {
    for (int i = 0; i < COUNT; i++) {
      timers.add(time.startTimer(time.nanoTime() + MILLISECONDS.toNanos(millis(i)), () -> {}));
    }
  }

  /** Spread without randomness, the same for every peer. */
  static long millis(int index) {
    return 60_000 + index * 7919L % 600_000;
  }

  void stop() {
    timers.forEach(Timer::cancel);
  }
}
