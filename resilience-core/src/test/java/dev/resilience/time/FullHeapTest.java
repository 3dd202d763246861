package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.concurrent.ChildJvm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A heap that is full again and again, in a JVM of its own: the one timer thread lives on. */
@Timeout(100)
class FullHeapTest {

  @Test
  void timers_fire_afterwards() throws Exception {
    try (ChildJvm child = new ChildJvm(FullHeap.class)) {
      assertThat(child.readUntil("a new timer fires")).contains("the heap was full");
      assertThat(child.exitCode()).isZero();
    }
  }

  /** Fills its heap while timers are due all the time. */
  static final class FullHeap {

    private static final int ROUNDS = 20;
    private static final int BURST = 50_000;

    private static List<byte[]> all = List.of();

    private FullHeap() {}

    public static void main(String[] arguments) throws Exception {
      TimeSource time = TimeSource.system();
      AtomicLong fired = new AtomicLong();
      int full = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long due = time.nanoTime() + 20_000_000;
        try {
          for (int i = 0; i < BURST; i++) {
            time.startTimer(due, fired::incrementAndGet);
          }
        } catch (OutOfMemoryError noMoreTimers) {
          // Those that are there are due in the midst of what follows.
        }
        full += fill(due + 20_000_000);
      }
      System.out.println(full >= ROUNDS / 2 ? "the heap was full" : "the heap was full " + full);
      CountDownLatch later = new CountDownLatch(1);
      time.startTimer(time.nanoTime() + 1_000_000, later::countDown);
      later.await();
      System.out.println("a new timer fires");
    }

    /** Keeps the heap full until then; in a field, so that it is not collected before. */
    private static int fill(long until) {
      all = new ArrayList<>(100_000);
      int size = 1 << 20;
      int failures = 0;
      while (System.nanoTime() < until || failures == 0) {
        try {
          all.add(new byte[size]);
        } catch (OutOfMemoryError full) {
          failures++;
          size = Math.max(16, size / 2);
        }
      }
      all = List.of();
      return failures > 0 ? 1 : 0;
    }
  }
}
