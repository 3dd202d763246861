package dev.resilience.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StripedHistogramTest {

  @Test
  void each_count_is_handed_over_once() {
    StripedHistogram counts = StripedHistogram.frequent(4);
    counts.add(0);
    counts.add(3);
    counts.add(3);
    assertThat(drained(counts)).containsExactly(1, 0, 0, 2);
    assertThat(drained(counts)).containsExactly(0, 0, 0, 0);
  }

  @Test
  void a_batch_is_told_once_for_so_many_of_one_thread() {
    StripedHistogram counts = StripedHistogram.frequent(2);
    int told = 0;
    for (int i = 0; i < 10 * StripedHistogram.BATCH; i++) {
      told += counts.add(i % 2) ? 1 : 0;
    }
    assertThat(told).isEqualTo(10);
  }

  @Test
  void threads_that_do_not_meet_count_together_whatever_their_numbers() throws Exception {
    StripedHistogram counts = StripedHistogram.frequent(2);
    AtomicInteger told = new AtomicInteger();
    for (int i = 0; i < StripedHistogram.BATCH; i++) {
      Thread thread = new Thread(() -> told.addAndGet(counts.add(0) ? 1 : 0));
      thread.start();
      thread.join();
    }
    assertThat(told).hasValue(1);
  }

  @Test
  @Timeout(60)
  void nothing_is_lost_or_doubled_between_threads_that_count_and_one_that_drains()
      throws Exception {
    int each = 50_000;
    StripedHistogram counts = StripedHistogram.frequent(8);
    AtomicInteger running = new AtomicInteger(4);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < each; i++) {
                  counts.add(i % 8);
                }
                running.decrementAndGet();
              });
      threads.add(thread);
      thread.start();
    }
    long[] sum = new long[8];
    while (running.get() > 0) {
      counts.drain((bucket, n) -> sum[bucket] += n);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    counts.drain((bucket, n) -> sum[bucket] += n);
    assertThat(sum).containsOnly(4L * each / 8);
  }

  private static long[] drained(StripedHistogram counts) {
    long[] drained = new long[4];
    counts.drain((bucket, n) -> drained[bucket] += n);
    return drained;
  }
}
