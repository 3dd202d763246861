package dev.resilience.redis;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.cache.BatchLoader;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.CallInterruptedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Each function that a user gives to a cache over Redis returns, throws an exception, throws an
 * {@link Error}, or hangs until the end, at random. Every call ends when its context does, Redis
 * stays in use, and afterwards each key can be loaded, set and deleted.
 */
class FaultyUserCodeTest extends WithRedis {

  private static final int CALLERS = 4;
  private static final int CALLS = Integer.getInteger("resilience.schedules", 150);

  private final CountDownLatch released = new CountDownLatch(1);
  private final Map<Place, Integer> met = new ConcurrentHashMap<>();
  private volatile boolean faulty = true;

  /** Where a user's code runs, and how often it may hang: each time takes a thread. */
  private enum Place {
    KEY_CODEC,
    ENCODE,
    DECODE,
    WEIGHER,
    LISTENER,
    LOADER,
    BULK_LOADER
  }

  private static final class Planned extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static final class PlannedError extends Error {
    private static final long serialVersionUID = 1L;
  }

  @BeforeEach
  void startRedis() throws IOException {
    start();
  }

  private void at(Place place, SplittableRandom random) {
    if (!faulty) {
      return;
    }
    met.merge(place, 1, Integer::sum);
    switch (random.nextInt(12)) {
      case 0 -> throw new Planned();
      case 1 -> throw new PlannedError();
      case 2 -> {
        // Caffeine holds the key while it weighs; that it must not hang is Caffeine's rule.
        if (place != Place.WEIGHER && place != Place.KEY_CODEC && random.nextInt(4) == 0) {
          hang();
        }
      }
      default -> {}
    }
  }

  private void hang() {
    try {
      released.await();
    } catch (InterruptedException interrupted) {
      throw new Planned();
    }
  }

  private static SplittableRandom random() {
    return new SplittableRandom(System.nanoTime());
  }

  private ValueCodec<String> codec() {
    return new ValueCodec<>() {
      @Override
      public byte[] encode(String value) {
        at(Place.ENCODE, random());
        return value.getBytes(StandardCharsets.UTF_8);
      }

      @Override
      public String decode(byte[] bytes) {
        at(Place.DECODE, random());
        return new String(bytes, StandardCharsets.UTF_8);
      }
    };
  }

  private String load(Context c, Integer key) {
    at(Place.LOADER, random());
    return "value";
  }

  @Test
  @Timeout(120)
  void every_call_ends_and_redis_stays_in_use() throws Exception {
    RedisCache<Integer, String> cache =
        open(
            RedisCache.<Integer, String>builder("faulty")
                .uri(server.uri())
                .keys(
                    key -> {
                      at(Place.KEY_CODEC, random());
                      return new byte[] {key.byteValue()};
                    })
                .values(codec())
                .nearMaximumWeight(
                    10,
                    (key, value) -> {
                      at(Place.WEIGHER, random());
                      return 1;
                    })
                .commandTimeout(ofSeconds(10))
                .loadTimeout(ofMillis(100))
                .listener(event -> at(Place.LISTENER, random())));
    BatchLoader<Integer, String> batches =
        BatchLoader.<Integer, String>builder(
                "faulty",
                (c, keys) -> {
                  at(Place.BULK_LOADER, random());
                  Map<Integer, String> values = new HashMap<>();
                  keys.forEach(key -> values.put(key, "value"));
                  return values;
                })
            .timeout(ofMillis(100))
            .open(app);
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> callers = new java.util.ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        callers.add(threads.submit(() -> callAll(cache, batches)));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
      assertThat(cache.isRedisAvailable()).isTrue();
      faulty = false;
      released.countDown();
      await().until(() -> cache.snapshot().near().loading() == 0);
      assertThat(cache.snapshot().near().waiting()).isZero();
      for (int key = 0; key < 8; key++) {
        int asked = key;
        await().until(() -> cache.set(ctx, asked, "set"));
        await().until(() -> "set".equals(cache.get(ctx, asked))); // a load has 100 ms
        await().until(() -> cache.delete(ctx, asked));
        await()
            .ignoreExceptions()
            .until(() -> "value".equals(cache.getOrFetch(ctx, asked, this::load)));
      }
      assertThat(new EnumMap<>(met)).containsOnlyKeys(Place.values());
    } finally {
      released.countDown();
      threads.shutdownNow();
    }
  }

  private void callAll(RedisCache<Integer, String> cache, BatchLoader<Integer, String> batches) {
    SplittableRandom random = random();
    for (int i = 0; i < CALLS; i++) {
      int key = random.nextInt(8);
      try (CancellableContext caller = ctx.withTimeout(ofMillis(20 + random.nextInt(200)))) {
        switch (random.nextInt(8)) {
          case 0 -> cache.set(caller, key, "value");
          case 1 -> cache.delete(caller, key);
          case 2 -> cache.get(caller, key);
          case 3 -> cache.fetchAll(caller, List.of(0, 1, 2, 3), this::load);
          case 4 -> cache.getOrFetch(caller, key, batches);
          case 5 -> cache.fetchAll(caller, List.of(4, 5, 6, 7), batches);
          case 6 -> cache.getAll(caller, List.of(0, 2, 4, 6));
          default -> cache.getOrFetch(caller, key, this::load);
        }
      } catch (CallInterruptedException unexpected) {
        throw unexpected;
      } catch (RuntimeException | PlannedError expected) {
        // Of the user, of a load that has failed, or the caller's own end.
      }
    }
  }
}
