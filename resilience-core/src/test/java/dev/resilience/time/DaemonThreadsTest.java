package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DaemonThreadsTest {

  private static final int MOST = 4;

  private final DaemonThreads threads = new DaemonThreads("daemon-test", MOST);

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void are_no_more_than_allowed_however_many_tasks_block() throws Exception {
    CountDownLatch free = new CountDownLatch(1);
    CountDownLatch blocked = new CountDownLatch(MOST);
    CountDownLatch done = new CountDownLatch(100);
    Set<Thread> used = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < 100; i++) {
      threads.execute(
          () -> {
            used.add(Thread.currentThread());
            blocked.countDown();
            awaitQuietly(free);
            done.countDown();
          });
    }
    blocked.await();
    assertThat(used).hasSize(MOST).allMatch(Thread::isDaemon);
    free.countDown();
    done.await();
  }

  @Test
  void survive_their_tasks_and_end_when_idle() throws Exception {
    List<Thread> used = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 2; i++) {
      CountDownLatch ran = new CountDownLatch(1);
      threads.execute(
          () -> {
            used.add(Thread.currentThread());
            ran.countDown();
            throw new Unprintable();
          });
      ran.await();
      used.get(i).join();
    }
    assertThat(used.get(0)).isNotSameAs(used.get(1));
  }

  @SuppressWarnings("OverrideThrowableToString") // that is the fault
  private static final class Unprintable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw new AssertionError("unprintable");
    }
  }
}
