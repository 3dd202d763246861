package dev.resilience.redis;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.resilience.cache.BatchLoader;
import dev.resilience.cache.LoadException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a machine keeps, how much of it, and at what cost. */
class NearTierTest extends WithRedis {

  @BeforeEach
  void startRedis() throws IOException {
    start();
  }

  @Test
  void is_weighed_by_the_users_keys_and_values() {
    List<String> weighed = new CopyOnWriteArrayList<>();
    RedisCache<Integer, String> cache =
        open(
            this.<Integer>builder("u")
                .rememberAbsence(ofSeconds(10))
                .nearMaximumWeight(
                    1_000,
                    (key, value) -> {
                      weighed.add(key + "=" + value);
                      return value.length();
                    }));
    await()
        .until(
            () -> {
              cache.getOrFetch(ctx, 1, (c, key) -> "hello");
              cache.getOrFetch(ctx, 2, (c, key) -> null);
              return cache.snapshot().near().size() == 2;
            });
    assertThat(weighed).contains("1=hello").allMatch(pair -> pair.equals("1=hello"));
    for (int key = 10; key < 200; key++) {
      cache.getOrFetch(ctx, key, (c, k) -> "x".repeat(100));
      cache.getOrFetch(ctx, key, (c, k) -> "x".repeat(100));
    }
    await().until(() -> cache.snapshot().near().size() <= 11);
  }

  @Test
  void says_so_when_its_weigher_fails_and_goes_on() {
    RedisCache<Integer, String> cache =
        open(
            this.<Integer>builder("u")
                .nearMaximumWeight(
                    1_000,
                    (key, value) -> {
                      if (value.equals("bad")) {
                        throw new Error("cannot weigh");
                      }
                      return 1;
                    }));
    await()
        .untilAsserted(
            () ->
                assertThatExceptionOfType(LoadException.class)
                    .isThrownBy(() -> cache.getOrFetch(ctx, 1, (c, key) -> "bad"))
                    .withRootCauseInstanceOf(Error.class));
    cache.delete(ctx, 1);
    assertThat(cache.getOrFetch(ctx, 1, (c, key) -> "good")).isEqualTo("good");
    assertThat(cache.snapshot().near().loading()).isZero();
  }

  /** 80 caches once had 160 threads. */
  @Test
  void shares_the_threads_of_lettuce_where_it_is_told_to() throws Exception {
    ClientResources shared = DefaultClientResources.create();
    try {
      List<RedisCache<Integer, String>> caches = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        caches.add(open(this.<Integer>builder("cache " + i).resources(shared)));
      }
      long threads =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().startsWith("lettuce-"))
              .count();
      // Those of the test's own client are among them.
      assertThat(threads).isLessThan(20);
      caches.get(0).close();
      assertThat(caches.get(1).set(ctx, 1, "one")).isTrue();
    } finally {
      app.close();
      shared.shutdown(0, 1, TimeUnit.SECONDS).get();
    }
  }

  /** On the one connection it would hold up all others, and a time-out would be Redis's fault. */
  @Test
  void keeps_a_value_that_is_too_large_for_redis() {
    RedisCache<Integer, String> here =
        open(this.<Integer>builder("u").commandTimeout(ofMillis(200)));
    RedisCache<Integer, String> there = machine("u");
    String large = "x".repeat(60 << 20);
    assertThat(here.getOrFetch(ctx, 1, (c, key) -> large)).isSameAs(large);
    assertThat(here.getOrFetch(ctx, 1, (c, key) -> "again")).isSameAs(large);
    for (int key = 10; key < 40; key++) {
      assertThat(here.set(ctx, key, "small")).isTrue();
    }
    assertThat(here.set(ctx, 2, large)).isFalse();
    assertThat(here.isRedisAvailable()).isTrue();
    assertThat(here.snapshot().valuesTooLarge()).isEqualTo(2);
    there.delete(ctx, 1);
    await().until(() -> here.get(ctx, 1) == null);
  }

  /** What another program, or a machine with other settings, has put there. */
  @Test
  void does_not_ask_for_a_value_that_is_too_large() {
    RedisCache<Integer, String> large = open(this.<Integer>builder("u").maxValueBytes(100 << 20));
    RedisCache<Integer, String> here =
        open(this.<Integer>builder("u").commandTimeout(ofMillis(200)));
    assertThat(large.set(ctx, 1, "x".repeat(5 << 20))).isTrue();
    AtomicInteger loads = new AtomicInteger();
    Supplier<String> mine =
        () -> here.getOrFetch(ctx, 1, (c, key) -> "mine " + loads.incrementAndGet());
    assertThat(mine.get()).isEqualTo("mine 1");
    // News of the other machine's change may still be on its way, and takes the first copy away.
    await().until(() -> mine.get().equals(mine.get()));
    assertThat(large.get(ctx, 1)).hasSize(5 << 20);
    assertThat(here.isRedisAvailable()).isTrue();
  }

  @Test
  void loads_many_keys_with_few_calls() {
    RedisCache<Integer, String> here = machine("u");
    RedisCache<Integer, String> there = machine("u");
    List<Set<Integer>> calls = new CopyOnWriteArrayList<>();
    try (BatchLoader<Integer, String> loader =
        BatchLoader.<Integer, String>builder(
                "users",
                (c, keys) -> {
                  calls.add(keys);
                  Map<Integer, String> values = new HashMap<>();
                  keys.forEach(key -> values.put(key, "value " + key));
                  return values;
                })
            .maxKeys(50)
            .maxDelay(ofMillis(50))
            .open(app)) {
      List<Integer> keys = IntStream.range(0, 500).boxed().toList();
      assertThat(here.fetchAll(ctx, keys, loader).values()).hasSize(500);
      assertThat(calls.size()).isBetween(10, 20);
      assertThat(there.getOrFetch(ctx, 7, loader)).isEqualTo("value 7");
      assertThat(calls.size()).isBetween(10, 20);
    }
  }

  @Test
  void loads_so_many_at_once_as_it_is_told() {
    RedisCache<Integer, String> here = open(this.<Integer>builder("u").maxParallelLoads(3));
    AtomicInteger now = new AtomicInteger();
    AtomicInteger peak = new AtomicInteger();
    var fetched =
        here.fetchAll(
            ctx,
            IntStream.range(0, 30).boxed().toList(),
            (c, key) -> {
              peak.accumulateAndGet(now.incrementAndGet(), Math::max);
              c.sleep(ofMillis(2));
              now.decrementAndGet();
              return "v" + key;
            });
    assertThat(fetched.values()).hasSize(30);
    assertThat(peak).hasValueLessThanOrEqualTo(3);
  }

  /** Redis tells nobody; whoever reads from there next finds another generation. */
  @Test
  void hears_of_swapdb_with_the_next_answer_from_redis() {
    RedisCache<Integer, String> other =
        open(this.<Integer>builder("u").uri(RedisURI.create(server.uri() + "/1")));
    other.set(ctx, 1, "of the other database");
    RedisCache<Integer, String> here = machine("u");
    here.set(ctx, 1, "one");
    await()
        .until(
            () -> {
              here.get(ctx, 1);
              return here.snapshot().near().size() == 1;
            });
    redis.swapdb(0, 1);
    assertThat(here.get(ctx, 1)).as("from the near copy").isEqualTo("one");
    here.get(ctx, 2);
    assertThat(here.get(ctx, 1)).isEqualTo("of the other database");
  }
}
