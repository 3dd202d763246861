package dev.resilience.redis;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Redis is paused, killed and started anew while two machines read and write. */
class RedisUnderLoadTest {

  private static final int MACHINES = 2;

  /** What is true; key i is changed by machine i alone. */
  private final AtomicLongArray origin = new AtomicLongArray(MACHINES);

  private volatile boolean over;

  @Test
  void noErrorNoWrongValueAndRecovery() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (RedisServer server = RedisServer.start();
        CancellableContext app = Context.background().withCancel()) {
      List<RedisCache<Integer, String>> machines = new ArrayList<>();
      for (int i = 0; i < MACHINES; i++) {
        machines.add(
            RedisCache.<Integer, String>builder("numbers", app, server.uri())
                .values(ValueCodec.strings())
                .commandLimit(ofMillis(50))
                .keepWithoutRedis(ofMillis(100))
                .build());
      }
      awaitAll(machines);
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < MACHINES; i++) {
        int me = i;
        work.add(threads.submit(() -> write(machines.get(me), me)));
        work.add(threads.submit(() -> read(machines.get(me), (me + 1) % MACHINES)));
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
    await().until(() -> machines.stream().allMatch(RedisCache::isFarAvailable));
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

  /** Whoever has changed something sees it from then on. */
  private void write(RedisCache<Integer, String> machine, int key) {
    while (!over) {
      long newest = origin.incrementAndGet(key);
      machine.delete(Context.background(), key);
      for (int i = 0; i < 20; i++) {
        assertThat(fetch(machine, key)).isEqualTo(String.valueOf(newest));
      }
    }
  }

  /** Nobody gets an error, or what was never there. */
  private void read(RedisCache<Integer, String> machine, int key) {
    while (!over) {
      assertThat(Long.parseLong(fetch(machine, key))).isBetween(0L, origin.get(key));
    }
  }
}
