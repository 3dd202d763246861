package dev.resilience.redis;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.resilience.cache.CacheClosedException;
import dev.resilience.cache.LoadException;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two machines over one Redis; on real time, because Redis is. */
class RedisCacheTest {

  private final AtomicReference<String> origin = new AtomicReference<>("one");
  private final AtomicInteger loads = new AtomicInteger();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final CancellableContext app = Context.background().withCancel();
  private final Context ctx = Context.background();
  private RedisServer server;

  @BeforeEach
  void startRedis() throws IOException {
    server = RedisServer.start();
  }

  @AfterEach
  void stopAll() {
    app.close();
    if (server != null) {
      server.close();
    }
  }

  private static ConditionFactory await() {
    return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(ofMillis(1));
  }

  private RedisCache.Builder<Integer, String> builder(RedisURI uri) {
    return RedisCache.<Integer, String>builder("users")
        .uri(uri)
        .values(ValueCodec.strings())
        .listener(
            event -> {
              told.add(event.cache() + " " + (event instanceof RedisCacheEvent.Connected));
              throw new IllegalStateException("a listener that fails");
            });
  }

  private RedisCache<Integer, String> machine() {
    var cache = builder(server.uri()).open(app);
    await().until(cache::isRedisAvailable);
    return cache;
  }

  private String load(Context c, Integer key) {
    loads.incrementAndGet();
    return origin.get();
  }

  private String read(RedisCache<Integer, String> machine) {
    return machine.getOrFetch(ctx, 1, this::load);
  }

  @Test
  void what_one_machine_loads_the_other_ones_read() throws Exception {
    var here = machine();
    var there = machine();
    assertThat(read(here)).isEqualTo("one");
    assertThat(read(there)).isEqualTo("one");
    assertThat(
            there
                .getOrFetchAsync(ctx, 1, (c, key) -> CompletableFuture.failedFuture(new Error()))
                .toCompletableFuture()
                .get())
        .isEqualTo("one");
    assertThat(loads).hasValue(1);
  }

  @Test
  void asynchronous_loads_fill_redis_too() throws Exception {
    var here = machine();
    var there = machine();
    assertThat(
            here.getOrFetchAsync(ctx, 1, (c, key) -> CompletableFuture.completedFuture("async"))
                .toCompletableFuture()
                .get())
        .isEqualTo("async");
    assertThat(read(there)).isEqualTo("async");
    assertThat(loads).hasValue(0);
  }

  @Test
  void what_one_machine_sets_or_deletes_the_other_ones_forget() {
    var here = machine();
    var there = machine();
    for (int i = 0; i < 20; i++) {
      read(here);
      read(there);
      String next = "value " + i;
      assertThat(here.set(ctx, 1, next)).isTrue();
      assertThat(read(here)).isEqualTo(next);
      await().until(() -> read(there).equals(next));
      origin.set("origin " + i);
      assertThat(there.delete(ctx, 1)).isTrue();
      assertThat(read(there)).isEqualTo("origin " + i);
      String expected = origin.get();
      await().until(() -> read(here).equals(expected));
    }
  }

  @Test
  void a_near_copy_ends_with_the_far_one() {
    var here =
        builder(server.uri())
            .expireAfterWrite(ofMillis(300))
            .nearExpireAfterWrite(ofMinutes(10))
            .open(app);
    await().until(here::isRedisAvailable);
    assertThat(read(here)).isEqualTo("one");
    origin.set("two");
    await().until(() -> read(here).equals("two"));
    assertThat(loads).hasValue(2);
  }

  @Test
  void a_load_that_began_before_a_deletion_elsewhere_fills_nothing() throws Exception {
    var here = machine();
    var there = machine();
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch deleted = new CountDownLatch(1);
    CompletableFuture<String> old =
        CompletableFuture.supplyAsync(
            () ->
                here.getOrFetch(
                    ctx,
                    1,
                    (c, key) -> {
                      String value = origin.get();
                      loading.countDown();
                      deleted.await();
                      return value;
                    }));
    loading.await();
    origin.set("two");
    there.delete(ctx, 1);
    deleted.countDown();
    assertThat(old.get()).isEqualTo("one");
    assertThat(read(there)).isEqualTo("two");
    assertThat(read(here)).isEqualTo("two");
  }

  @Test
  void when_redis_is_killed_the_cache_works_on_says_so_and_recovers() throws Exception {
    var here = machine();
    var there = machine();
    read(here);
    await().untilAsserted(() -> assertThat(told).containsExactly("users true", "users true"));
    told.clear();
    server.kill();
    await().until(() -> !here.isRedisAvailable() && !there.isRedisAvailable());
    await().untilAsserted(() -> assertThat(told).hasSizeGreaterThanOrEqualTo(2));
    assertThat(told).containsOnly("users false");
    origin.set("two");
    assertThat(read(here)).isEqualTo("two");
    assertThat(here.set(ctx, 1, "mine")).isFalse();
    assertThat(read(here)).isEqualTo("mine");
    assertThat(here.delete(ctx, 1)).isFalse();
    assertThat(read(here)).isEqualTo("two");
    server.launch();
    await().until(() -> here.isRedisAvailable() && there.isRedisAvailable());
    await().untilAsserted(() -> assertThat(told).contains("users true"));
    here.set(ctx, 1, "three");
    await().until(() -> read(there).equals("three"));
  }

  @Test
  void when_redis_hangs_callers_get_their_values_and_nothing_missed_is_served_afterwards()
      throws Exception {
    var here = machine();
    var there = machine();
    read(here);
    read(there);
    server.pause();
    try {
      origin.set("two");
      assertThat(here.delete(ctx, 1)).isFalse();
      assertThat(read(here)).isEqualTo("two");
      assertThat(here.isRedisAvailable()).isFalse();
      for (int key = 10; key < 30; key++) {
        assertThat(there.getOrFetch(ctx, key, this::load)).isEqualTo("two");
      }
      assertThat(there.isRedisAvailable()).isFalse();
    } finally {
      server.resume();
    }
    await().until(() -> here.isRedisAvailable() && there.isRedisAvailable());
    assertThat(read(here)).isEqualTo("two");
    await().until(() -> read(there).equals("two"));
  }

  @Test
  void when_redis_is_absent_at_the_start_the_cache_works_and_finds_it_later() throws Exception {
    server.kill();
    var here = builder(server.uri()).open(app);
    assertThat(read(here)).isEqualTo("one");
    server.launch();
    await().until(here::isRedisAvailable);
    here.set(ctx, 1, "two");
    assertThat(read(machine())).isEqualTo("two");
  }

  @Test
  void failures_and_nothing_are_not_stored() {
    var here = machine();
    assertThatExceptionOfType(LoadException.class)
        .isThrownBy(
            () ->
                here.getOrFetch(
                    ctx,
                    1,
                    (c, key) -> {
                      throw new IOException("down");
                    }))
        .withCauseInstanceOf(IOException.class);
    assertThat(here.getOrFetch(ctx, 1, (c, key) -> null)).isNull();
    assertThat(read(here)).isEqualTo("one");
  }

  @Test
  void what_cannot_be_decoded_is_loaded_anew() {
    machine().set(ctx, 1, "not a number");
    var numbers =
        RedisCache.<Integer, Integer>builder("users")
            .uri(server.uri())
            .values(
                new ValueCodec<>() {
                  @Override
                  public byte[] encode(Integer value) {
                    return value.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
                  }

                  @Override
                  public Integer decode(byte[] bytes) {
                    return Integer.valueOf(
                        new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
                  }
                })
            .open(app);
    await().until(numbers::isRedisAvailable);
    assertThat(numbers.getOrFetch(ctx, 1, (c, key) -> 42)).isEqualTo(42);
  }

  @Test
  void ends_with_its_owner() {
    var here = machine();
    app.close();
    assertThatExceptionOfType(CacheClosedException.class).isThrownBy(() -> read(here));
    assertThat(here.isRedisAvailable()).isFalse();
  }

  @Test
  void refuses_bad_settings() {
    assertThatIllegalStateException()
        .isThrownBy(() -> RedisCache.builder("users").uri(server.uri()).open(app))
        .withMessage("values: not given (expected: a ValueCodec)");
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                RedisCache.<String, String>builder("users").values(ValueCodec.strings()).open(app))
        .withMessage("uri: not given (expected: a RedisURI)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RedisCache.builder("us{ers"))
        .withMessage("name: 'us{ers' (expected: not blank, and without braces)");
  }
}
