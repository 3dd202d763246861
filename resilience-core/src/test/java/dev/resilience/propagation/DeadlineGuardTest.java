package dev.resilience.propagation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadlineGuardTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Against a list of all that happened, at any rate of requests and from any origin of time. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void never_refuses_more_than_its_share_of_the_last_ten_seconds(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double share = random.nextDouble();
    DeadlineGuard guard = DeadlineGuard.share(share);
    ArrayDeque<long[]> seconds = new ArrayDeque<>(); // second, requests, rejections
    long now = random.nextLong() / 4;
    int rejected = 0;
    for (int i = 0; i < 20_000; i++) {
      now += random.nextLong(SECOND / 5);
      long second = Long.divideUnsigned(now, SECOND);
      if (seconds.isEmpty() || seconds.getLast()[0] != second) {
        seconds.add(new long[] {second, 0, 0});
      }
      while (seconds.getFirst()[0] <= second - DeadlineGuard.SECONDS) {
        seconds.remove();
      }
      guard.request(now);
      seconds.getLast()[1]++;
      if (random.nextInt(3) > 0 && guard.tryReject(now)) {
        seconds.getLast()[2]++;
        rejected++;
        long requests = seconds.stream().mapToLong(each -> each[1]).sum();
        long rejections = seconds.stream().mapToLong(each -> each[2]).sum();
        assertThat(rejections).isLessThanOrEqualTo((long) (share * requests));
      }
    }
    assertThat(rejected).as("and uses what it has").isGreaterThan((int) (share * 9_000));
  }

  @Test
  void forgets_what_is_older_than_ten_seconds() {
    DeadlineGuard guard = DeadlineGuard.ofDefaults();
    for (int i = 0; i < 100; i++) {
      guard.request(0);
    }
    assertThat(guard.tryReject(9 * SECOND)).isTrue();
    assertThat(guard.tryReject(10 * SECOND)).isFalse();
  }

  @Test
  void in_the_dark_refuses_nobody() {
    DeadlineGuard guard = DeadlineGuard.dark();
    for (int i = 0; i < 100; i++) {
      guard.request(0);
      assertThat(guard.tryReject(0)).isFalse();
    }
  }

  @Test
  void is_exact_with_several_threads() throws InterruptedException {
    DeadlineGuard guard = DeadlineGuard.share(0.1);
    AtomicInteger rejected = new AtomicInteger();
    int threads = 4;
    int each = 25_000;
    CountDownLatch done = new CountDownLatch(threads);
    var pool = Executors.newFixedThreadPool(threads);
    try {
      for (int t = 0; t < threads; t++) {
        pool.execute(
            () -> {
              for (int i = 0; i < each; i++) {
                guard.request(i % 9 * SECOND);
                if (guard.tryReject(i % 9 * SECOND)) {
                  rejected.incrementAndGet();
                }
              }
              done.countDown();
            });
      }
      assertThat(done.await(1, TimeUnit.MINUTES)).isTrue();
    } finally {
      pool.shutdownNow();
    }
    assertThat(rejected.get()).isBetween(1, threads * each / 10);
  }
}
