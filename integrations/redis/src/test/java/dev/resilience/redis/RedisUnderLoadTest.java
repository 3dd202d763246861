package dev.resilience.redis;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.cache.AsyncLoader;
import dev.resilience.cache.Fetched;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Redis is paused, killed and started anew while two machines read and write. */
class RedisUnderLoadTest {

  private static final int MACHINES = 2;

  /** What is true; key i is changed by machine i alone. */
  private final AtomicLongArray origin = new AtomicLongArray(MACHINES);

  private final AtomicInteger reads = new AtomicInteger();
  private volatile boolean over;

  @Test
  void no_error_no_wrong_value_and_recovery() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (RedisServer server = RedisServer.start();
        CancellableContext app = Context.background().withCancel()) {
      List<RedisCache<Integer, String>> machines = new ArrayList<>();
      for (int i = 0; i < MACHINES; i++) {
        machines.add(
            RedisCache.<Integer, String>builder("numbers")
                .uri(server.uri())
                .values(ValueCodec.strings())
                .commandTimeout(ofMillis(200)) // ten threads never rest beside its own
                .expireAfterWriteWithoutRedis(ofMillis(100))
                .backoff(Backoff.constant(ofMillis(200)))
                .open(app));
      }
      awaitAll(machines);
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < MACHINES; i++) {
        int me = i;
        work.add(threads.submit(() -> write(machines.get(me), me)));
        for (ThreadFactory kind : kinds()) {
          FutureTask<Void> reading =
              new FutureTask<>(
                  () ->
                      read(machines.get(me), (me + 1) % MACHINES, reads.getAndIncrement() % 2 == 0),
                  null);
          work.add(reading);
          kind.newThread(reading).start();
        }
      }
      for (int i = 0; i < 3; i++) {
        server.pause();
        app.sleep(ofMillis(300));
        server.resume();
        awaitAll(machines);
        server.kill();
        app.sleep(ofMillis(100));
        server.launch();
        awaitAll(machines);
      }
      over = true;
      for (Future<?> each : work) {
        each.get();
      }
      for (int key = 0; key < MACHINES; key++) {
        for (RedisCache<Integer, String> machine : machines) {
          String newest = String.valueOf(origin.get(key));
          int asked = key;
          await().until(() -> fetch(machine, asked).equals(newest));
        }
      }
    } finally {
      over = true;
      threads.shutdownNow();
    }
  }

  private static void awaitAll(List<RedisCache<Integer, String>> machines) {
    await().until(() -> machines.stream().allMatch(RedisCache::isRedisAvailable));
  }

  private static org.awaitility.core.ConditionFactory await() {
    return Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(ofMillis(1))
        .atMost(ofSeconds(20));
  }

  private String fetch(RedisCache<Integer, String> machine, int key) {
    return machine.getOrFetch(Context.background(), key, (c, k) -> String.valueOf(origin.get(k)));
  }

  /** Virtual threads too, where the JVM has them. */
  private static List<ThreadFactory> kinds() {
    ThreadFactory virtual = Watch.virtual();
    return List.of(Thread::new, Thread::new, virtual, virtual);
  }

  /** Whoever has changed something, by deleting or by setting, sees it from then on. */
  private void write(RedisCache<Integer, String> machine, int key) {
    while (!over) {
      long newest = origin.incrementAndGet(key);
      if (key == 0) {
        machine.delete(Context.background(), key);
      } else {
        machine.set(Context.background(), key, String.valueOf(newest));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(fetch(machine, key)).isEqualTo(String.valueOf(newest));
      }
    }
  }

  /** Nobody gets an error, or what was never there; some callers leave early, and some stay. */
  private void read(RedisCache<Integer, String> machine, int key, boolean async) {
    Context ctx = Context.background();
    AsyncLoader<Integer, String> loader =
        (c, k) -> CompletableFuture.completedFuture(String.valueOf(origin.get(k)));
    while (!over) {
      if (async) {
        CancellableContext leaves = ctx.withCancel();
        machine.getOrFetchAsync(leaves, key, loader);
        leaves.cancel();
        check(key, machine.getOrFetchAsync(ctx, key, loader).toCompletableFuture().join());
        Fetched<Integer, String> all =
            machine.fetchAllAsync(ctx, List.of(0, 1), loader).toCompletableFuture().join();
        assertThat(all.isComplete()).isTrue();
        all.values().forEach(this::check);
      } else {
        check(key, fetch(machine, key));
        String there = machine.get(ctx, key);
        if (there != null) {
          check(key, there);
        }
      }
    }
  }

  private void check(int key, String value) {
    assertThat(Long.parseLong(value)).isBetween(0L, origin.get(key));
  }
}
