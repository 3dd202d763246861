package dev.resilience.context;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Many deadlines at once, whose listeners are slow, on the real time: they cost a bounded number of
 * threads (1,719, once), delay nobody's limit, and all are told in the end.
 */
class DeadlineStormTest {

  private static final int DEADLINES = 20_000;

  /** Of callbacks at most 256, of interrupts at most 64; the timer's; and one to be replaced. */
  private static final int MOST_THREADS = 256 + 64 + 2;

  @Test
  void of_deadlines_with_slow_listeners_costs_few_threads_and_delays_nobody() throws Exception {
    CountDownLatch slow = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(DEADLINES);
    List<CancellableContext> all = new ArrayList<>();
    AtomicInteger early = new AtomicInteger(); // on a machine that paused before they were there
    Thread registering = Thread.currentThread();
    try {
      for (int i = 0; i < DEADLINES; i++) {
        CancellableContext ctx = Context.background().withTimeout(ofMillis(200 + i % 20));
        ctx.onDone(
            () -> {
              if (Thread.currentThread() == registering) {
                early.incrementAndGet();
              } else {
                slow.await();
              }
              told.countDown();
            });
        all.add(ctx);
      }
      for (CancellableContext ctx : all) {
        ctx.awaitDone();
      }

      try (CancellableContext another = Context.background().withTimeout(ofMillis(1))) {
        assertThat(another.awaitDone(ofSeconds(60))).as("another's limit").isTrue();
      }
      assertThat(ourThreads()).hasSizeLessThanOrEqualTo(MOST_THREADS);
      assertThat(told.getCount()).as("those that are not told").isEqualTo(DEADLINES - early.get());
      assertThat(early).hasValueLessThan(DEADLINES / 2);
    } finally {
      slow.countDown();
      assertThat(told.await(60, TimeUnit.SECONDS)).as("all are told").isTrue();
      all.forEach(CancellableContext::close);
    }
  }

  private static List<String> ourThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("resilience-"))
        .toList();
  }
}
