package dev.resilience.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On real threads and real time, for the races between two steps that virtual time cannot part. */
class CacheRaceTest {

  private static final int KEYS = 2;
  private static final int ROUNDS = 20_000;

  private final AtomicLong[] origin = {new AtomicLong(), new AtomicLong()};
  private final AtomicLong[] invalidated = {new AtomicLong(), new AtomicLong()};
  private final Set<Context> live0 = ConcurrentHashMap.newKeySet();
  private final Set<Context> live1 = ConcurrentHashMap.newKeySet();

  private final LongAdder doubles = new LongAdder();

  private Set<Context> live(int key) {
    return key == 0 ? live0 : live1;
  }

  private Long read(Context ctx, Integer key) {
    Set<Context> running = live(key);
    running.add(ctx);
    try {
      // A loader may begin late, when its load is over and the next one runs: ask for itself last.
      if (running.stream().anyMatch(other -> other != ctx && !other.isDone()) && !ctx.isDone()) {
        doubles.increment();
      }
      long value = origin[key].get();
      Thread.yield();
      return value;
    } finally {
      running.remove(ctx);
    }
  }

  @ParameterizedTest
  @EnumSource
  void never_serves_what_was_invalidated_before_the_call_and_never_loads_twice_at_once(
      CallerThreads kind) throws Exception {
    try (CancellableContext app = Context.background().withCancel()) {
      var cache =
          ContextCache.<Integer, Long>builder("numbers")
              .expireAfterWrite(Duration.ofMillis(1))
              .loadTimeout(Duration.ofMinutes(1))
              .open(app);
      ExecutorService threads = Executors.newFixedThreadPool(4, kind.factory());
      try {
        List<Future<Void>> results = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          int seed = i;
          results.add(threads.submit(body(cache, seed)));
        }
        for (Future<Void> result : results) {
          result.get();
        }
      } finally {
        threads.shutdownNow();
      }
      assertThat(doubles.sum()).isZero();
      assertThat(cache.snapshot().loading()).isZero();
      assertThat(cache.snapshot().waiting()).isZero();
    }
  }

  private Callable<Void> body(ContextCache<Integer, Long> cache, int seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    return () -> {
      for (int i = 0; i < ROUNDS; i++) {
        step(cache, random);
      }
      return null;
    };
  }

  private void step(ContextCache<Integer, Long> cache, RandomGenerator random) throws Exception {
    int key = random.nextInt(KEYS);
    Context root = Context.background();
    switch (random.nextInt(6)) {
      case 0 -> {
        long newer = origin[key].incrementAndGet();
        cache.delete(root, key);
        invalidated[key].accumulateAndGet(newer, Math::max);
      }
      case 1 -> {
        // One who leaves at once; the answer may be there all the same.
        CancellableContext caller = root.withCancel();
        var stage =
            cache.getOrFetchAsync(
                caller,
                key,
                (c, k) -> {
                  CompletableFuture<Long> result = new CompletableFuture<>();
                  c.timeSource().executor().execute(() -> result.complete(read(c, k)));
                  return result;
                });
        caller.cancel();
        // Done, or about to be by whoever brings it the answer in this moment.
        Throwable failure = stage.handle((value, thrown) -> thrown).toCompletableFuture().get();
        if (failure != null) {
          assertThat(failure).isInstanceOf(ContextCancelledException.class);
        }
      }
      default -> {
        long atLeast = invalidated[key].get();
        assertThat(cache.getOrFetch(root, key, this::read)).isGreaterThanOrEqualTo(atLeast);
      }
    }
  }
}
