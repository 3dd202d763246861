package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimerThreadTest {

  private static final long HOUR = 3_600_000_000_000L;

  private final TimerThread timers = new TimerThread("timer-test", 4);

  private void passOneTimer() throws InterruptedException {
    CountDownLatch ran = new CountDownLatch(1);
    timers.startTimer(System.nanoTime(), ran::countDown);
    ran.await();
  }

  @Test
  void isNotStartedBeforeTheFirstTimer() {
    TimerThread unused = new TimerThread("timer-unused", 1);
    assertThat(unused.size()).isZero();
    assertThat(unused.wakeUps()).isZero();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("timer-unused"));
  }

  @Test
  void doesNotWakeUpForTimersThatAreNotDue() throws Exception {
    timers.startTimer(System.nanoTime() + HOUR, () -> {});
    passOneTimer();
    for (int i = 0; i < 100_000; i++) {
      timers.startTimer(System.nanoTime() + 2 * HOUR, () -> {}).cancel();
    }
    passOneTimer();
    assertThat(timers.wakeUps()).isLessThan(20);
    assertThat(timers.size()).isEqualTo(1);
  }

  @Test
  void survivesATaskThatInterruptsIt() throws Exception {
    timers.startTimer(System.nanoTime(), () -> Thread.currentThread().interrupt());
    passOneTimer();
    passOneTimer();
    assertThat(timers.wakeUps()).isLessThan(20);
  }

  @Test
  void missesNoTimerThatIsSetWhileItLooks() throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> setters = new ArrayList<>();
    for (int s = 0; s < 4; s++) {
      Thread setter =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 300; i++) {
                    CountDownLatch ran = new CountDownLatch(1);
                    long ahead = ThreadLocalRandom.current().nextLong(-1_000_000, 2_000_000);
                    timers.startTimer(System.nanoTime() + ahead, ran::countDown);
                    ran.await();
                  }
                } catch (Throwable t) {
                  failure.set(t);
                }
              });
      setters.add(setter);
      setter.start();
    }
    for (Thread setter : setters) {
      setter.join();
    }
    assertThat(failure.get()).isNull();
    assertThat(timers.size()).isZero();
  }
}
