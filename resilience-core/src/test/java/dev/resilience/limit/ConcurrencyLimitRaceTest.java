package dev.resilience.limit;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real threads that pass permits to each other as fast as they can. A wake-up that got lost between
 * a release and a newcomer would leave a call waiting beside a free permit: the last one for ever.
 */
class ConcurrencyLimitRaceTest {

  private static final int THREADS = 4;
  private static final int CALLS = 5_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void no_wake_up_is_lost_and_no_permit(int permits) throws Exception {
    ConcurrencyLimit limit =
        ConcurrencyLimit.builder("shared", permits).maxWaiting(THREADS).build();
    Resilience stack = Resilience.of(limit);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (var ctx = Context.background().withTimeout(ofSeconds(60))) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        all.add(
            threads.submit(
                () -> {
                  for (int call = 0; call < CALLS; call++) {
                    stack.run(
                        ctx,
                        c -> {
                          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                          inside.decrementAndGet();
                        });
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(most.get()).isLessThanOrEqualTo(permits);
    assertThat(limit.snapshot().inUse()).isZero();
    assertThat(limit.snapshot().waiting()).isZero();
    assertThat(limit.snapshot().rejected()).isZero();
  }
}
