package dev.resilience.redis;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import dev.resilience.cache.LoadException;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.time.VirtualTime;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What a user can ask of two tiers, and how long each of them keeps what. */
class TwoTierTest {

  private final AtomicInteger loads = new AtomicInteger();
  private final CancellableContext app = Context.background().withCancel();
  private final Context ctx = Context.background();
  private RedisServer server;
  private RedisClient client;

  /** Another program, which knows nothing of this library. */
  private RedisCommands<String, String> redis;

  @BeforeEach
  void startRedis() throws IOException {
    server = RedisServer.start();
    client = RedisClient.create(server.uri());
    redis = client.connect().sync();
  }

  @AfterEach
  void stopAll() {
    app.close();
    if (client != null) {
      client.shutdown(Duration.ZERO, ofSeconds(1));
    }
    if (server != null) {
      server.close();
    }
  }

  private static ConditionFactory await() {
    return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(ofMillis(1));
  }

  private RedisCache.Builder<Integer, String> builder() {
    return RedisCache.<Integer, String>builder("users")
        .uri(server.uri())
        .values(ValueCodec.strings())
        .commandTimeout(ofSeconds(5));
  }

  private RedisCache<Integer, String> machine(RedisCache.Builder<Integer, String> builder) {
    var cache = builder.open(app);
    await().until(cache::isRedisAvailable);
    return cache;
  }

  private RedisCache<Integer, String> machine() {
    return machine(builder());
  }

  private String load(Context c, Integer key) {
    loads.incrementAndGet();
    return "loaded " + key;
  }

  @Nested
  class Reading {

    @Test
    void get_finds_what_is_near_or_far_and_loads_nothing() {
      var here = machine();
      var there = machine();
      assertThat(here.get(ctx, 1)).isNull();
      here.set(ctx, 1, "one");
      assertThat(here.get(ctx, 1)).isEqualTo("one");
      assertThat(there.getAsync(ctx, 1).toCompletableFuture().join()).isEqualTo("one");
      assertThat(there.get(ctx, 1)).isEqualTo("one");
      assertThat(there.get(ctx, 2)).isNull();
      there.delete(ctx, 1);
      assertThat(there.get(ctx, 1)).isNull();
    }

    @Test
    void get_all_finds_several() {
      var here = machine();
      here.set(ctx, 1, "one");
      here.set(ctx, 3, "three");
      assertThat(machine().getAll(ctx, List.of(3, 2, 1)))
          .containsExactly(entry(3, "three"), entry(1, "one"));
    }

    @Test
    void fetch_all_takes_what_is_near_or_far_and_loads_the_rest() {
      var here = machine();
      var there = machine();
      here.set(ctx, 1, "one");
      there.getOrFetch(ctx, 2, TwoTierTest.this::load);
      loads.set(0);
      var fetched = there.fetchAll(ctx, List.of(3, 2, 1), TwoTierTest.this::load);
      assertThat(fetched.isComplete()).isTrue();
      assertThat(fetched.values())
          .containsExactly(entry(3, "loaded 3"), entry(2, "loaded 2"), entry(1, "one"));
      assertThat(loads).hasValue(1);
      var async =
          here.fetchAllAsync(
                  ctx, List.of(4, 3), (c, key) -> CompletableFuture.completedFuture(load(c, key)))
              .toCompletableFuture()
              .join();
      assertThat(async.values()).containsExactly(entry(4, "loaded 4"), entry(3, "loaded 3"));
      assertThat(loads).hasValue(2);
    }

    @Test
    void fetch_all_brings_what_there_is_when_the_time_is_up_and_tells_failures_from_it() {
      var here = machine();
      here.set(ctx, 1, "one");
      CompletableFuture<String> never = new CompletableFuture<>();
      var fetched =
          here.fetchAllAsync(
                  ctx.withTimeout(ofMillis(500)),
                  List.of(1, 2, 3),
                  (c, key) ->
                      key == 2 ? never : CompletableFuture.failedFuture(new IOException("down")))
              .toCompletableFuture()
              .join();
      assertThat(fetched.values()).containsExactly(entry(1, "one"));
      assertThat(fetched.missing()).containsExactly(2);
      assertThat(fetched.failures()).containsOnlyKeys(3);
      assertThat(fetched.failures().get(3)).isInstanceOf(LoadException.class);
    }

    @Test
    void one_who_loads_is_not_put_off_with_the_look_of_another() throws Exception {
      var here = machine();
      server.pause();
      CompletableFuture<String> looked;
      CompletableFuture<String> fetched;
      CompletableFuture<Map<Integer, String>> many;
      try {
        looked = here.getAsync(ctx, 1).toCompletableFuture();
        fetched =
            here.getOrFetchAsync(
                    ctx, 1, (c, key) -> CompletableFuture.completedFuture(load(c, key)))
                .toCompletableFuture();
        many =
            here.fetchAllAsync(
                    ctx, List.of(1), (c, key) -> CompletableFuture.completedFuture(load(c, key)))
                .thenApply(all -> all.values())
                .toCompletableFuture();
        assertThat(here.snapshot().near().waiting()).isEqualTo(3);
      } finally {
        server.resume();
      }
      assertThat(fetched.join()).isEqualTo("loaded 1");
      assertThat(many.join()).containsExactly(entry(1, "loaded 1"));
      assertThat(looked.join()).isNull();
      assertThat(loads).hasValue(1);
    }

    @Test
    void is_left_by_the_context_or_the_future() throws Exception {
      var here = machine();
      server.pause();
      try {
        CancellableContext caller = ctx.withCancel();
        var looked = here.getAsync(caller, 1).toCompletableFuture();
        var fetched = here.getOrFetchAsync(ctx, 2, (c, key) -> null).toCompletableFuture();
        var set = here.setAsync(caller, 3, "three").toCompletableFuture();
        assertThat(here.snapshot().near().loading()).isEqualTo(2);
        caller.cancel(CancelReason.USER);
        fetched.cancel(true);
        assertThat(here.snapshot().near().loading()).isZero();
        for (CompletableFuture<?> left : List.of(looked, set)) {
          assertThat(left)
              .isCompletedExceptionally()
              .failsWithin(Duration.ZERO)
              .withThrowableThat()
              .havingCause()
              .isInstanceOf(ContextCancelledException.class);
        }
      } finally {
        server.resume();
      }
      // What was on its way is not called back.
      await().until(() -> "three".equals(here.get(ctx, 3)));
    }
  }

  @Nested
  class Writing {

    @Test
    void works_without_waiting() {
      var here = machine();
      var there = machine();
      assertThat(here.setAsync(ctx, 1, "one").toCompletableFuture().join()).isTrue();
      assertThat(there.get(ctx, 1)).isEqualTo("one");
      assertThat(there.deleteAsync(ctx, 1).toCompletableFuture().join()).isTrue();
      assertThat(there.get(ctx, 1)).isNull();
    }

    @Test
    void is_refused_at_once_for_bad_arguments_and_ended_contexts() {
      var here = machine();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> here.set(ctx, 1, "one", Duration.ofNanos(999_999)))
          .withMessage("timeToLive: 1000 us (expected: >= 1 ms)");
      CancellableContext ended = ctx.withCancel();
      ended.cancel(CancelReason.USER);
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> here.set(ended, 1, "one"));
      assertThatExceptionOfType(CompletionException.class)
          .isThrownBy(() -> here.deleteAsync(ended, 1).toCompletableFuture().join())
          .withCauseInstanceOf(ContextCancelledException.class);
      assertThat(redis.exists("{users}:i:1")).isZero();
    }

    @Test
    void by_other_programs_is_heard_too() {
      var here = machine();
      here.set(ctx, 1, "one");
      assertThat(here.get(ctx, 1)).isEqualTo("one");
      redis.del("{users}:i:1");
      await().until(() -> here.get(ctx, 1) == null);
    }

    @Test
    void clears_all_near_copies_when_redis_is_flushed() {
      var here = machine();
      here.set(ctx, 1, "one");
      assertThat(here.get(ctx, 1)).isEqualTo("one");
      redis.flushall();
      await().until(() -> here.get(ctx, 1) == null);
    }
  }

  @Nested
  class Lifetimes {

    @Test
    void of_a_value_may_be_its_own() {
      var here = machine(builder().expireAfterWrite(ofHours(1)));
      here.set(ctx, 1, "one", ofMinutes(1));
      here.set(ctx, 2, "two");
      assertThat(redis.pttl("{users}:i:1")).isBetween(1L, 60_000L);
      assertThat(redis.pttl("{users}:i:2")).isBetween(3_000_000L, 3_600_000L);
    }

    /** Redis stands still, so it can tell nobody that the far copy is gone. */
    @Test
    void of_near_copies_end_no_later_than_those_of_the_far_ones() throws Exception {
      var here = machine();
      var loader = machine(builder().expireAfterWrite(Duration.ofNanos(2_000_999_999)));
      assertThat(loader.getOrFetch(ctx, 1, TwoTierTest.this::load)).isEqualTo("loaded 1");
      here.set(ctx, 2, "two", ofSeconds(2));
      assertThat(here.getAll(ctx, List.of(1, 2))).hasSize(2);
      server.pause();
      try {
        long farEnds = System.nanoTime() + 2_001_000_000;
        await().until(() -> System.nanoTime() - farEnds > 0);
        CancellableContext hurried = ctx.withTimeout(ofMillis(20));
        assertThat(loader.getAll(hurried, List.of(1))).isEmpty();
        assertThat(here.getAll(ctx.withTimeout(ofMillis(20)), List.of(1, 2))).isEmpty();
      } finally {
        server.resume();
      }
    }

    @Test
    void of_nothing_are_short_and_for_all_machines() {
      var here = machine(builder().rememberAbsence(ofSeconds(2)));
      var there = machine();
      AtomicInteger asked = new AtomicInteger();
      assertThat(here.getOrFetch(ctx, 1, (c, key) -> nothing(asked))).isNull();
      assertThat(redis.pttl("{users}:i:1")).isBetween(1L, 2_000L);
      assertThat(here.getOrFetch(ctx, 1, (c, key) -> nothing(asked))).isNull();
      assertThat(there.getOrFetch(ctx, 1, (c, key) -> nothing(asked))).isNull();
      assertThat(asked).hasValue(1);
      await().until(() -> redis.exists("{users}:i:1") == 0);
      assertThat(there.getOrFetch(ctx, 1, TwoTierTest.this::load)).isEqualTo("loaded 1");
      assertThat(here.getOrFetch(ctx, 1, TwoTierTest.this::load)).isEqualTo("loaded 1");
    }

    private String nothing(AtomicInteger asked) {
      asked.incrementAndGet();
      return null;
    }

    @Test
    void are_measured_on_the_systems_time_only() {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  RedisCache.<Integer, String>builder("users")
                      .uri(server.uri())
                      .values(ValueCodec.strings())
                      .open(Context.background(VirtualTime.manual())))
          .withMessageContaining("expected: on the system's time");
    }
  }

  @Nested
  class A_load {

    /** For the comparison in Redis nothing has happened; the news tell. */
    @Test
    void fills_nothing_if_the_key_has_come_and_gone_meanwhile() throws Exception {
      var here = machine();
      CountDownLatch loading = new CountDownLatch(1);
      CountDownLatch changed = new CountDownLatch(1);
      CompletableFuture<String> old =
          CompletableFuture.supplyAsync(
              () ->
                  here.getOrFetch(
                      ctx,
                      1,
                      (c, key) -> {
                        loading.countDown();
                        changed.await();
                        return "old";
                      }));
      loading.await();
      redis.set("{users}:i:1", "something");
      redis.del("{users}:i:1");
      // The news come before the answer to whatever is asked later.
      here.get(ctx, 2);
      changed.countDown();
      assertThat(old.get()).isEqualTo("old");
      assertThat(redis.exists("{users}:i:1")).isZero();
      assertThat(here.getOrFetch(ctx, 1, TwoTierTest.this::load)).isEqualTo("loaded 1");
    }

    @Test
    void leaves_the_world_as_it_is_when_it_fails() {
      var here = machine(builder().rememberAbsence(ofHours(1)));
      assertThatExceptionOfType(LoadException.class)
          .isThrownBy(
              () ->
                  here.getOrFetch(
                      ctx,
                      1,
                      (c, key) -> {
                        throw new IOException("down");
                      }));
      assertThat(redis.exists("{users}:i:1")).isZero();
      assertThat(here.getOrFetch(ctx, 1, TwoTierTest.this::load)).isEqualTo("loaded 1");
    }
  }

  @Nested
  class Codecs {

    @Test
    void keep_strings_as_they_are() {
      var text = "äß€𝄞 \u0000 end";
      machine().set(ctx, 1, text);
      assertThat(machine().get(ctx, 1)).isEqualTo(text);
      machine().set(ctx, 2, "");
      assertThat(machine().get(ctx, 2)).isEmpty();
    }

    @Test
    void keep_bytes_as_they_are() {
      var codec = ValueCodec.bytes();
      byte[] all = new byte[256];
      for (int i = 0; i < all.length; i++) {
        all[i] = (byte) i;
      }
      for (byte[] value : List.of(all, new byte[0])) {
        var here = RedisCache.<Integer, byte[]>builder("raw").uri(server.uri()).values(codec);
        try (var one = here.open(app)) {
          await().until(one::isRedisAvailable);
          one.set(ctx, 1, value);
          assertThat(one.get(ctx, 1)).isEqualTo(value).isNotSameAs(value);
        }
      }
    }

    @Test
    void that_fail_fail_who_sets_and_nobody_who_reads() {
      var here = machine();
      here.set(ctx, 1, "one");
      var broken =
          RedisCache.<Integer, String>builder("users")
              .uri(server.uri())
              .values(
                  new ValueCodec<>() {
                    @Override
                    public byte[] encode(String value) {
                      throw new IllegalStateException("cannot encode");
                    }

                    @Override
                    public String decode(byte[] bytes) {
                      throw new IllegalStateException("cannot decode");
                    }
                  })
              .open(app);
      await().until(broken::isRedisAvailable);
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> broken.set(ctx, 1, "two"))
          .withMessage("cannot encode");
      assertThat(broken.getOrFetch(ctx, 1, TwoTierTest.this::load)).isEqualTo("loaded 1");
      assertThat(here.get(ctx, 1)).isEqualTo("one");
    }
  }

  @Nested
  class After_a_pause {

    /** It is still in Redis's hands when the machine gives up on it. */
    @Test
    void a_set_that_nobody_waited_for_is_undone() throws Exception {
      var here = machine(builder().commandTimeout(ofMillis(50)));
      var there = machine();
      server.pause();
      try {
        assertThat(here.set(ctx, 1, "late")).isFalse();
        assertThat(here.isRedisAvailable()).isFalse();
        assertThat(here.get(ctx, 1)).isEqualTo("late");
      } finally {
        server.resume();
      }
      await().until(here::isRedisAvailable);
      assertThat(here.get(ctx, 1)).isNull();
      await().until(() -> there.get(ctx, 1) == null);
      assertThat(redis.keys("{users}#left:*")).hasSize(1);
      assertThat(redis.ttl(redis.keys("{users}#left:*").get(0))).isBetween(3_000L, 3_600L);
    }
  }
}
