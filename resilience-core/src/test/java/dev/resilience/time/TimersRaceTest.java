package dev.resilience.time;

import dev.resilience.Schedules;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/**
 * Those who set and clear timers against the one who serves them, on schedules that Lincheck picks.
 */
class TimersRaceTest {

  private static final int SCHEDULES = Schedules.count(40);
  private static final long SECOND = 1_000_000_000L;

  @Test
  void a_timer_that_is_cleared_while_it_becomes_due_runs_or_was_cleared_and_never_both() {
    Lincheck.runConcurrentTest(
        SCHEDULES,
        () -> {
          var ran = new AtomicInteger();
          var cleared = new AtomicInteger();
          var timers = new Timers(0, 2, () -> {});
          Timer timer = timers.set(SECOND, ran::incrementAndGet);
          together(
              () -> timers.serve(2 * SECOND),
              () -> cleared.addAndGet(timer.cancel() ? 1 : 0),
              () -> cleared.addAndGet(timer.cancel() ? 1 : 0));
          if (ran.get() + cleared.get() != 1) {
            throw new AssertionError("ran " + ran + ", cleared " + cleared);
          }
          if (timers.size() != 0) {
            throw new AssertionError(timers.size() + " timers are left");
          }
        });
  }

  @Test
  void the_server_sleeps_no_longer_than_until_a_timer_that_is_set_meanwhile() {
    Lincheck.runConcurrentTest(
        SCHEDULES,
        () -> {
          var wakeUps = new AtomicInteger();
          var sleepsUntil = new AtomicLong();
          var timers = new Timers(0, 2, wakeUps::incrementAndGet);
          timers.set(10 * SECOND, () -> {}).cancel();
          int before = wakeUps.get();
          together(
              () -> {
                timers.serve(0);
                sleepsUntil.set(timers.nextWakeUp());
              },
              () -> timers.set(5 * SECOND, () -> {}),
              () -> timers.set(3 * SECOND, () -> {}));
          boolean inTime = sleepsUntil.get() <= 3 * SECOND + (1 << 20);
          if (!inTime && wakeUps.get() == before) {
            throw new AssertionError("sleeps until " + sleepsUntil + " and was not woken");
          }
        });
  }

  private static void together(Runnable... actions) {
    List<Thread> threads = new ArrayList<>();
    for (Runnable action : actions) {
      threads.add(new Thread(action));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
