package dev.resilience.cache;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContextCacheTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);

  private final AtomicInteger loads = new AtomicInteger();

  private static ContextCache.Builder<Integer, String> builder() {
    return ContextCache.<Integer, String>builder("users").expiryJitter(0);
  }

  private static ContextCache<Integer, String> cache(Context owner) {
    return builder().open(owner);
  }

  /** Takes a second, and says which load it was. */
  private String slow(Context ctx, Integer key) throws Exception {
    int number = loads.incrementAndGet();
    ctx.sleep(ofSeconds(1));
    return key + "#" + number;
  }

  private String quick(Context ctx, Integer key) {
    return key + "#" + loads.incrementAndGet();
  }

  private static String failing(Context ctx, Integer key) throws Exception {
    throw new IOException("down");
  }

  @Nested
  class Entries {

    @Test
    void are_there_once_they_are_set() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            assertThat(cache.get(s.root, 1)).isNull();
            cache.set(s.root, 1, "one");
            assertThat(cache.get(s.root, 1)).isEqualTo("one");
            assertThat(cache.getOrFetch(s.root, 1, ContextCacheTest::failing)).isEqualTo("one");
          });
    }

    @Test
    void are_gone_once_they_are_deleted() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            cache.set(s.root, 1, "one");
            cache.set(s.root, 2, "two");
            cache.set(s.root, 3, "three");
            cache.delete(s.root, 1);
            assertThat(cache.get(s.root, 1)).isNull();
            assertThat(cache.getAll(s.root, List.of(3, 1, 2)))
                .containsExactly(Map.entry(3, "three"), Map.entry(2, "two"));
            cache.clear(s.root);
            assertThat(cache.getAll(s.root, List.of(3, 1, 2))).isEmpty();
          });
    }

    @Test
    void expire_by_the_time_to_live_of_the_cache_or_their_own() throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().expireAfterWrite(ofMinutes(10)).open(s.app);
            cache.set(s.root, 1, "ten");
            cache.set(s.root, 2, "one", ofMinutes(1));
            cache.set(s.root, 3, "hour", ofHours(1));
            s.sleep(ofMinutes(1).minusNanos(1));
            assertThat(cache.getAll(s.root, List.of(1, 2, 3))).hasSize(3);
            s.sleep(Duration.ofNanos(1));
            assertThat(cache.getAll(s.root, List.of(1, 2, 3)).keySet()).containsExactly(1, 3);
            s.sleep(ofMinutes(9));
            assertThat(cache.getAll(s.root, List.of(1, 2, 3)).keySet()).containsExactly(3);
            s.sleep(ofMinutes(50));
            assertThat(cache.getAll(s.root, List.of(1, 2, 3)).keySet()).isEmpty();
          });
    }

    @Test
    void may_know_their_time_to_live_themselves() throws Exception {
      Simulation.play(
          s -> {
            var cache =
                builder()
                    .expireAfterWrite(ofSeconds(5))
                    .expireAfterWrite((key, value) -> ofSeconds(key))
                    .open(s.app);
            for (int key : List.of(0, 1, 3, 9)) {
              cache.getOrFetch(s.root, key, ContextCacheTest.this::quick);
            }
            assertThat(cache.getAll(s.root, List.of(0, 1, 3, 9)).keySet()).containsExactly(1, 3, 9);
            s.sleep(ofSeconds(3));
            assertThat(cache.getAll(s.root, List.of(0, 1, 3, 9)).keySet()).containsExactly(9);
            s.sleep(ofSeconds(2));
            assertThat(cache.getAll(s.root, List.of(0, 1, 3, 9)).keySet()).isEmpty();
          });
    }

    @Test
    void are_removed_in_the_background_when_they_have_expired() throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().expireAfterWrite(ofMinutes(1)).open(s.app);
            for (int key = 0; key < 100; key++) {
              cache.set(s.root, key, "value");
            }
            assertThat(cache.snapshot().size()).isEqualTo(100);
            s.sleep(ofMinutes(3));
            assertThat(cache.snapshot().size()).isZero();
          });
    }

    @Test
    void live_shorter_by_at_most_the_jitter_and_not_all_equally_long() throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().expireAfterWrite(ofSeconds(100)).expiryJitter(0.2).open(s.app);
            List<Integer> keys = new ArrayList<>();
            for (int key = 0; key < 1_000; key++) {
              cache.set(s.root, key, "value");
              keys.add(key);
            }
            s.sleep(ofSeconds(80).minusNanos(1));
            assertThat(cache.getAll(s.root, keys)).hasSize(1_000);
            s.sleep(ofSeconds(10));
            assertThat(cache.getAll(s.root, keys)).hasSizeBetween(400, 600);
            s.sleep(ofSeconds(10).plusNanos(1));
            assertThat(cache.getAll(s.root, keys)).isEmpty();
          });
    }

    @Test
    void are_refused_under_an_ended_context() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            cache.set(s.root, 1, "one");
            CancellableContext left = s.root.withCancel();
            left.cancel(CancelReason.USER);
            Context late = s.root.withTimeout(ofSeconds(1));
            s.sleep(ofSeconds(1));
            for (Throwable refusal :
                List.of(
                    catchThrowable(() -> cache.get(left, 1)),
                    catchThrowable(() -> cache.find(left, 1)),
                    catchThrowable(() -> cache.getOrFetch(left, 1, ContextCacheTest.this::quick)),
                    catchThrowable(() -> cache.set(left, 1, "other")),
                    catchThrowable(() -> cache.delete(left, 1)),
                    catchThrowable(() -> cache.clear(left)))) {
              assertThat(refusal)
                  .isInstanceOf(ContextCancelledException.class)
                  .hasCause(CancelReason.USER);
            }
            assertThatExceptionOfType(DeadlineExceededException.class)
                .isThrownBy(() -> cache.set(late, 1, "other"));
            assertThatExceptionOfType(DeadlineExceededException.class)
                .isThrownBy(() -> cache.getOrFetch(late, 2, ContextCacheTest.this::quick));
            assertThat(cache.get(s.root, 1)).isEqualTo("one");
            assertThat(loads).hasValue(0);
          });
    }

    @Test
    void are_not_null() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            assertThatNullPointerException()
                .isThrownBy(() -> cache.set(s.root, 1, null))
                .withMessage("value");
            assertThatNullPointerException()
                .isThrownBy(() -> cache.set(s.root, null, "one"))
                .withMessage("key");
            assertThatIllegalArgumentException()
                .isThrownBy(() -> cache.set(s.root, 1, "one", Duration.ZERO))
                .withMessage("timeToLive: 0 s (expected: > 0)");
          });
    }
  }

  @Nested
  class Load {

    @ParameterizedTest
    @EnumSource
    void happens_once_for_all_who_ask_and_is_remembered(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            List<String> got = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
              s.start(
                  "caller-" + i,
                  () -> got.add(way.fetch(cache, s.root, 1, ContextCacheTest.this::slow)));
            }
            s.joinAll();
            assertThat(got).hasSize(50).containsOnly("1#1");
            assertThat(s.time.elapsed()).isEqualTo(ofSeconds(1));
            assertThat(cache.get(s.root, 1)).isEqualTo("1#1");
          });
    }

    @ParameterizedTest
    @EnumSource
    void has_the_values_of_the_first_caller_and_neither_its_deadline_nor_its_end(CallStyle way)
        throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            AtomicReference<Context> seen = new AtomicReference<>();
            CancellableContext first = s.root.withValue(TENANT, "acme").withTimeout(ofMillis(500));
            s.start(
                "first",
                () ->
                    assertThatExceptionOfType(DeadlineExceededException.class)
                        .isThrownBy(
                            () ->
                                way.fetch(
                                    cache,
                                    first,
                                    1,
                                    (c, key) -> {
                                      seen.set(c);
                                      return slow(c, key);
                                    })));
            s.sleep(ofMillis(100));
            assertThat(way.fetch(cache, s.root, 1, ContextCacheTest.this::slow)).isEqualTo("1#1");
            assertThat(seen.get().get(TENANT)).isEqualTo("acme");
            assertThat(s.time.elapsed()).isEqualTo(ofSeconds(1));
          });
    }

    @ParameterizedTest
    @EnumSource
    void is_cancelled_when_the_last_caller_has_left(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            AtomicReference<Context> load = new AtomicReference<>();
            List<Throwable> thrown = new ArrayList<>();
            List<CancellableContext> callers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
              CancellableContext caller = s.root.withCancel();
              callers.add(caller);
              s.start(
                  "caller-" + i,
                  () ->
                      thrown.add(
                          catchThrowable(
                              () ->
                                  way.fetch(
                                      cache,
                                      caller,
                                      1,
                                      (c, key) -> {
                                        load.set(c);
                                        return slow(c, key);
                                      }))));
            }
            s.sleep(ofMillis(100));
            callers.get(0).cancel(CancelReason.USER);
            callers.get(2).cancel(CancelReason.USER);
            s.sleep(ofMillis(100));
            assertThat(thrown).hasSize(2);
            assertThat(load.get().isDone()).isFalse();
            callers.get(1).cancel(CancelReason.USER);
            s.sleep(ofMillis(100));
            assertThat(thrown)
                .hasSize(3)
                .allSatisfy(
                    failure ->
                        assertThat(failure)
                            .isInstanceOf(ContextCancelledException.class)
                            .hasCause(CancelReason.USER));
            assertThat(load.get().isDone()).isTrue();
            assertThat(load.get().cause()).hasMessage("nobody waits for the load");
            s.sleep(ofSeconds(5));
            assertThat(cache.get(s.root, 1)).isNull();
            assertThat(cache.snapshot().loadsAbandoned()).isEqualTo(1);
            assertThat(cache.snapshot().callersLeft()).isEqualTo(3);
            assertThat(cache.snapshot().loading()).isZero();
            assertThat(cache.snapshot().loadsLeftBehind()).isZero();
          });
    }

    @ParameterizedTest
    @EnumSource
    void finishes_and_is_stored_when_the_cache_is_told_so(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().finishAbandonedLoads().open(s.app);
            Context hurried = s.root.withTimeout(ofMillis(100));
            assertThatExceptionOfType(DeadlineExceededException.class)
                .isThrownBy(() -> way.fetch(cache, hurried, 1, ContextCacheTest.this::slow));
            s.sleep(ofSeconds(1));
            assertThat(cache.get(s.root, 1)).isEqualTo("1#1");
          });
    }

    @ParameterizedTest
    @EnumSource
    void ends_at_its_limit_and_frees_all_who_wait(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().loadTimeout(ofMillis(300)).open(s.app);
            List<Throwable> thrown = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
              s.start(
                  "caller-" + i,
                  () ->
                      thrown.add(
                          catchThrowable(
                              () -> way.fetch(cache, s.root, 1, ContextCacheTest.this::slow))));
            }
            s.joinAll();
            assertThat(s.time.elapsed()).isEqualTo(ofMillis(300));
            assertThat(thrown)
                .hasSize(3)
                .allSatisfy(
                    failure ->
                        assertThat(failure)
                            .isInstanceOf(LoadException.class)
                            .hasMessage(
                                "users: the load failed: "
                                    + "dev.resilience.error.AttemptTimeoutException: "
                                    + "users: no answer within 300 ms")
                            .hasCauseInstanceOf(AttemptTimeoutException.class));
          });
    }

    @Test
    void ends_at_its_limit_also_when_the_loader_never_does() throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().loadTimeout(ofMillis(300)).open(s.app);
            CompletableFuture<String> never = new CompletableFuture<>();
            var stage = cache.getOrFetchAsync(s.root, 1, (c, key) -> never);
            s.sleep(ofMillis(300));
            s.time.pause();
            s.sleep(Duration.ofNanos(1));
            assertThat(stage.toCompletableFuture()).isCompletedExceptionally();
            assertThat(cache.snapshot().loadsLeftBehind()).isEqualTo(1);
            never.complete("late");
            assertThat(cache.snapshot().loadsLeftBehind()).isZero();
            assertThat(cache.get(s.root, 1)).isNull();
          });
    }

    @ParameterizedTest
    @EnumSource
    void that_fails_gives_each_waiter_an_exception_of_its_own_and_is_not_remembered(CallStyle way)
        throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            List<Throwable> thrown = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
              s.start(
                  "caller-" + i,
                  () ->
                      thrown.add(
                          catchThrowable(
                              () ->
                                  way.fetch(
                                      cache,
                                      s.root,
                                      1,
                                      (c, key) -> {
                                        slow(c, key);
                                        throw new IOException("down");
                                      }))));
            }
            s.joinAll();
            assertThat(loads).hasValue(1);
            assertThat(thrown).hasSize(3).doesNotHaveDuplicates();
            assertThat(thrown)
                .allSatisfy(
                    failure ->
                        assertThat(failure)
                            .isInstanceOf(LoadException.class)
                            .hasCauseInstanceOf(IOException.class));
            assertThat(thrown.get(0).getCause()).isSameAs(thrown.get(1).getCause());
            assertThat(way.fetch(cache, s.root, 1, ContextCacheTest.this::quick)).isEqualTo("1#2");
          });
    }

    @Test
    void may_fail_in_any_way() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            AssertionError error = new AssertionError("broken");
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(
                    () ->
                        cache.getOrFetch(
                            s.root,
                            1,
                            (c, key) -> {
                              throw error;
                            }))
                .withCause(error);
            var noStage = cache.getOrFetchAsync(s.root, 1, (c, key) -> null);
            assertThatExceptionOfType(Exception.class)
                .isThrownBy(() -> s.root.await(noStage))
                .havingCause()
                .isInstanceOf(LoadException.class)
                .havingCause()
                .withMessage("the loader returned null (expected: a CompletionStage)");
          });
    }

    @Test
    void is_left_by_cancelling_the_future_of_its_stage() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            AtomicReference<Context> load = new AtomicReference<>();
            AsyncLoader<Integer, String> never =
                (c, key) -> {
                  load.set(c);
                  return new CompletableFuture<>();
                };
            var one = cache.getOrFetchAsync(s.root, 1, never).toCompletableFuture();
            var other = cache.getOrFetchAsync(s.root, 1, never).toCompletableFuture();
            var third = cache.getOrFetchAsync(s.root, 1, never).toCompletableFuture();
            var fourth = cache.getOrFetchAsync(s.root, 1, never).toCompletableFuture();
            one.thenApply(x -> x).cancel(true);
            one.cancel(true);
            third.completeAsync(() -> "mine", Runnable::run);
            fourth.obtrudeValue("mine");
            assertThat(load.get().isDone()).isFalse();
            other.completeExceptionally(new IOException("enough"));
            assertThat(load.get().isDone()).isTrue();
          });
    }

    @Test
    void ends_for_one_who_is_interrupted_and_for_nobody_else() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            List<Object> seen = new ArrayList<>();
            var interrupted =
                s.start(
                    "interrupted",
                    () -> {
                      Throwable thrown =
                          catchThrowable(
                              () -> cache.getOrFetch(s.root, 1, ContextCacheTest.this::slow));
                      seen.add(thrown.getClass());
                      seen.add(Thread.currentThread().isInterrupted());
                    });
            s.start(
                "other", () -> seen.add(cache.getOrFetch(s.root, 1, ContextCacheTest.this::slow)));
            s.sleep(ofMillis(500));
            interrupted.interrupt();
            s.joinAll();
            assertThat(seen).containsExactly(CallInterruptedException.class, true, "1#1");
          });
    }

    @ParameterizedTest
    @EnumSource
    void leaves_nothing_on_the_contexts_of_its_callers(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            CancellableContext stays = s.root.withCancel();
            CancellableContext leaves = s.root.withTimeout(ofHours(1));
            CancellableContext hurried = leaves.withTimeout(ofMillis(10));
            s.start(
                "hurried", () -> catchThrowable(() -> way.fetch(cache, hurried, 1, this::slow)));
            s.start("leaves", () -> way.fetch(cache, leaves, 1, this::slow));
            s.start("stays", () -> way.fetch(cache, stays, 1, this::slow));
            s.start("fails", () -> catchThrowable(() -> way.fetch(cache, stays, 2, this::fails)));
            s.sleep(ofMillis(1));
            assertThat(ContextProbe.waiters(stays)).isEqualTo(2);
            s.joinAll();
            way.fetch(cache, stays, 1, this::slow);
            assertThat(ContextProbe.waiters(stays)).isZero();
            assertThat(ContextProbe.waiters(leaves)).isZero();
            assertThat(ContextProbe.waiters(hurried)).isZero();
            // The cache itself is all that listens to its owner.
            assertThat(ContextProbe.waiters(s.app)).isEqualTo(1);
            cache.close();
            assertThat(ContextProbe.waiters(s.app)).isZero();
            assertThat(s.time.pendingTimers()).isZero();
          });
    }

    private String slow(Context ctx, Integer key) throws Exception {
      return ContextCacheTest.this.slow(ctx, key);
    }

    private String fails(Context ctx, Integer key) throws Exception {
      slow(ctx, key);
      throw new IOException("down");
    }

    @Test
    void is_refused_on_another_time_source() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            assertThatIllegalArgumentException()
                .isThrownBy(
                    () -> cache.getOrFetch(Context.background(), 1, ContextCacheTest.this::quick))
                .withMessageContaining("owner of cache 'users'");
            assertThat(cache.snapshot().loading()).isZero();
          });
    }
  }

  @Nested
  class Loaders {

    @ParameterizedTest
    @EnumSource
    void may_ask_for_other_keys(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            assertThat(way.fetch(cache, s.root, 20, (c, key) -> chain(cache, way, c, key)))
                .isEqualTo("0".repeat(21));
          });
    }

    private String chain(ContextCache<Integer, String> cache, CallStyle way, Context c, Integer key)
        throws Exception {
      return key == 0
          ? "0"
          : "0" + way.fetch(cache, c, key - 1, (c2, key2) -> chain(cache, way, c2, key2));
    }

    @ParameterizedTest
    @EnumSource
    void are_told_when_they_ask_for_their_own_key(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(
                    () ->
                        way.fetch(
                            cache,
                            s.root,
                            1,
                            (c, key) -> way.fetch(cache, c, 1, ContextCacheTest.this::quick)))
                .havingCause()
                .isInstanceOf(IllegalStateException.class)
                .withMessage(
                    "users: a loader asked for a key whose load waits for that loader"
                        + " (expected: another key)");
            assertThat(s.time.elapsed()).isZero();
          });
    }

    @ParameterizedTest
    @EnumSource
    void are_told_when_they_wait_for_each_other(CallStyle way) throws Exception {
      for (long seed = 0; seed < 50; seed++) {
        Simulation.play(
            seed,
            s -> {
              var cache = cache(s.app);
              List<Throwable> thrown = new ArrayList<>();
              for (int i = 0; i < 3; i++) {
                int mine = i;
                s.start(
                    "caller-" + i,
                    () ->
                        thrown.add(
                            catchThrowable(
                                () ->
                                    way.fetch(
                                        cache,
                                        s.root,
                                        mine,
                                        (c, key) -> {
                                          c.sleep(ofMillis(1));
                                          return way.fetch(
                                              cache,
                                              c,
                                              (mine + 1) % 3,
                                              ContextCacheTest.this::quick);
                                        }))));
              }
              s.joinAll();
              assertThat(thrown)
                  .hasSize(3)
                  .allSatisfy(
                      failure ->
                          assertThat(failure)
                              .isInstanceOf(LoadException.class)
                              .hasRootCauseInstanceOf(IllegalStateException.class));
              assertThat(s.time.elapsed()).isEqualTo(ofMillis(1));
            });
      }
    }

    @Test
    void may_delete_their_own_key_and_are_told_when_they_ask_for_it_then() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(
                    () ->
                        cache.getOrFetch(
                            s.root,
                            1,
                            (c, key) -> {
                              cache.delete(c, key);
                              return cache.getOrFetch(c, key, ContextCacheTest.this::quick);
                            }))
                .withCauseInstanceOf(IllegalStateException.class);
            assertThat(s.time.elapsed()).isZero();
          });
    }
  }

  @Nested
  class Invalidation {

    @ParameterizedTest
    @EnumSource
    void during_a_load_keeps_it_from_being_stored(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            List<String> got = new ArrayList<>();
            s.start(
                "caller", () -> got.add(way.fetch(cache, s.root, 1, ContextCacheTest.this::slow)));
            s.sleep(ofMillis(500));
            cache.delete(s.root, 1);
            s.joinAll();
            assertThat(got).containsExactly("1#1");
            assertThat(cache.get(s.root, 1)).isNull();
            assertThat(cache.snapshot().loadsDiscarded()).isEqualTo(1);
          });
    }

    @ParameterizedTest
    @EnumSource
    void during_a_load_makes_who_comes_later_wait_for_the_next(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            List<String> got = new ArrayList<>();
            s.start(
                "before", () -> got.add(way.fetch(cache, s.root, 1, ContextCacheTest.this::slow)));
            s.sleep(ofMillis(500));
            cache.clear(s.root);
            for (int i = 0; i < 3; i++) {
              s.start(
                  "after-" + i,
                  () -> got.add(way.fetch(cache, s.root, 1, ContextCacheTest.this::slow)));
              s.sleep(ofMillis(100));
              cache.delete(s.root, 1);
            }
            assertThat(cache.snapshot().waiting()).isEqualTo(4);
            s.joinAll();
            assertThat(got).containsExactly("1#1", "1#2", "1#2", "1#2");
            assertThat(s.time.elapsed()).isEqualTo(ofSeconds(2));
            assertThat(cache.get(s.root, 1)).isEqualTo("1#2");
          });
    }

    @ParameterizedTest
    @EnumSource
    void starts_no_next_load_for_those_who_have_left(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            s.start("before", () -> way.fetch(cache, s.root, 1, ContextCacheTest.this::slow));
            s.sleep(ofMillis(500));
            cache.delete(s.root, 1);
            assertThatExceptionOfType(DeadlineExceededException.class)
                .isThrownBy(
                    () ->
                        way.fetch(
                            cache,
                            s.root.withTimeout(ofMillis(100)),
                            1,
                            ContextCacheTest.this::slow));
            s.joinAll();
            s.sleep(ofSeconds(5));
            assertThat(loads).hasValue(1);
            assertThat(cache.snapshot().loading()).isZero();
          });
    }

    @ParameterizedTest
    @EnumSource
    void by_setting_a_value_wins(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            List<String> got = new ArrayList<>();
            s.start(
                "caller", () -> got.add(way.fetch(cache, s.root, 1, ContextCacheTest.this::slow)));
            s.sleep(ofMillis(500));
            cache.set(s.root, 1, "mine");
            assertThat(way.fetch(cache, s.root, 1, ContextCacheTest.this::slow)).isEqualTo("mine");
            s.joinAll();
            assertThat(got).containsExactly("1#1");
            assertThat(cache.get(s.root, 1)).isEqualTo("mine");
          });
    }
  }

  @Nested
  class Close {

    @ParameterizedTest
    @EnumSource
    void ends_loads_and_refuses_everything(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app);
            cache.set(s.root, 2, "two");
            AtomicReference<Context> load = new AtomicReference<>();
            List<Throwable> thrown = new ArrayList<>();
            s.start(
                "caller",
                () ->
                    thrown.add(
                        catchThrowable(
                            () ->
                                way.fetch(
                                    cache,
                                    s.root,
                                    1,
                                    (c, key) -> {
                                      load.set(c);
                                      return slow(c, key);
                                    }))));
            s.sleep(ofMillis(500));
            s.app.cancel(CancelReason.SHUTDOWN);
            s.joinAll();
            assertThat(s.time.elapsed()).isEqualTo(ofMillis(500));
            assertThat(load.get().isDone()).isTrue();
            assertThat(load.get().cause()).isSameAs(CancelReason.SHUTDOWN);
            thrown.add(catchThrowable(() -> cache.get(s.root, 2)));
            thrown.add(catchThrowable(() -> cache.find(s.root, 2)));
            thrown.add(catchThrowable(() -> cache.set(s.root, 2, "two")));
            thrown.add(catchThrowable(() -> cache.delete(s.root, 2)));
            thrown.add(catchThrowable(() -> cache.clear(s.root)));
            thrown.add(
                catchThrowable(() -> way.fetch(cache, s.root, 1, ContextCacheTest.this::slow)));
            thrown.add(
                catchThrowable(
                    () -> cache.fetchAll(s.root, List.of(1), ContextCacheTest.this::slow)));
            assertThat(thrown)
                .allSatisfy(
                    refusal ->
                        assertThat(refusal)
                            .isInstanceOf(CacheClosedException.class)
                            .hasMessageContaining("users: the cache is closed")
                            .hasMessageContaining("shutdown"));
            assertThat(cache.snapshot().size()).isZero();
            assertThat(loads).hasValue(1);
          });
    }

    @Test
    void comes_with_the_deadline_of_the_owner_too() throws Exception {
      Simulation.play(
          s -> {
            var cache = cache(s.app.withTimeout(ofMinutes(1)));
            cache.set(s.root, 1, "one");
            s.sleep(ofMinutes(1).plusNanos(1));
            assertThatExceptionOfType(CacheClosedException.class)
                .isThrownBy(() -> cache.get(s.root, 1));
          });
    }
  }

  @Nested
  class Settings {

    private final Context owner = Context.background(VirtualTime.manual());

    @Test
    void are_checked_at_once() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ContextCache.builder(" "))
          .withMessage("name: ' ' (expected: not blank)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder().expireAfterWrite(Duration.ZERO))
          .withMessage("expireAfterWrite: 0 s (expected: > 0)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder().staleIfError(ofSeconds(-1)))
          .withMessage("staleIfError: -1 s (expected: >= 0)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder().expiryJitter(1))
          .withMessage("expiryJitter: 1.0 (expected: >= 0 and < 1)");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> builder().expireAfterWrite(ofMinutes(1)).refreshAfter(ofMinutes(2)).open(owner))
          .withMessage("refreshAfter: 120 s (expected: < 60 s, the time to live)");
    }

    @Test
    void of_caffeine_must_leave_time_and_references_alone() {
      for (Caffeine<Object, Object> bad :
          List.of(
              Caffeine.newBuilder().weakValues(),
              Caffeine.newBuilder().softValues(),
              Caffeine.newBuilder().weakKeys(),
              Caffeine.newBuilder().expireAfterWrite(ofMinutes(1)),
              Caffeine.newBuilder().expireAfterAccess(ofMinutes(1)),
              Caffeine.newBuilder().refreshAfterWrite(ofMinutes(1)),
              Caffeine.newBuilder().executor(Runnable::run),
              Caffeine.newBuilder().ticker(() -> 0))) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> builder().caffeine(bad).open(owner))
            .withMessageStartingWith("caffeine: Caffeine{")
            .withMessageContaining("expected: a builder that nobody has used");
      }
    }

    @Test
    void of_caffeine_may_limit_by_weight_of_what_is_cached() throws Exception {
      Simulation.play(
          s -> {
            List<String> removed = new ArrayList<>();
            ContextCache<Integer, String> cache =
                builder()
                    .caffeine(
                        Caffeine.newBuilder()
                            .maximumWeight(10)
                            .weigher(
                                (Integer key, Cached<String> cached) -> cached.value().length())
                            .removalListener((key, cached, cause) -> removed.add(cached.value())))
                    .open(s.app);
            cache.set(s.root, 1, "12345");
            cache.set(s.root, 2, "1234567");
            s.sleep(ofMinutes(1));
            assertThat(removed).hasSize(1);
            assertThat(cache.snapshot().size()).isEqualTo(1);
          });
    }
  }
}
