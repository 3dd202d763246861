package dev.resilience.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.entry;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FetchAllTest {

  private static ContextCache<Integer, String> cache(Context owner) {
    return ContextCache.<Integer, String>builder("users").open(owner);
  }

  private static Fetched<Integer, String> fetchAll(
      CallStyle way,
      ContextCache<Integer, String> cache,
      Context ctx,
      List<Integer> keys,
      Loader<Integer, String> loader)
      throws InterruptedException {
    if (way == CallStyle.BLOCKING) {
      return cache.fetchAll(ctx, keys, loader);
    }
    try {
      return Context.background(ctx.timeSource())
          .await(cache.fetchAllAsync(ctx, keys, CallStyle.staged(loader)));
    } catch (ExecutionException failed) {
      throw (RuntimeException) failed.getCause();
    }
  }

  /** The key is how many seconds it takes; negative: it fails at once. */
  private static String load(Context ctx, Integer key) throws Exception {
    if (key < 0) {
      throw new IOException("down");
    }
    ctx.sleep(ofSeconds(key));
    return "value " + key;
  }

  @ParameterizedTest
  @EnumSource
  void loads_side_by_side_and_in_order(CallStyle way) throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s.app);
          cache.set(s.root, 9, "there");
          var fetched = fetchAll(way, cache, s.root, List.of(3, 9, 1, 3, 2), FetchAllTest::load);
          assertThat(fetched.values())
              .containsExactly(
                  entry(3, "value 3"), entry(9, "there"), entry(1, "value 1"), entry(2, "value 2"));
          assertThat(fetched.isComplete()).isTrue();
          assertThat(s.time.elapsed()).isEqualTo(ofSeconds(3));
          assertThat(fetchAll(way, cache, s.root, List.of(), FetchAllTest::load).isComplete())
              .isTrue();
        });
  }

  @ParameterizedTest
  @EnumSource
  void brings_what_there_is_when_the_time_is_up(CallStyle way) throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s.app);
          CancellableContext part = s.root.withTimeout(ofMillis(2_500));
          var fetched = fetchAll(way, cache, part, List.of(5, 1, -1, 2, 3), FetchAllTest::load);
          assertThat(s.time.elapsed()).isEqualTo(ofMillis(2_500));
          assertThat(fetched.values()).containsExactly(entry(1, "value 1"), entry(2, "value 2"));
          assertThat(fetched.failures().keySet()).containsExactly(-1);
          assertThat(fetched.failures().get(-1)).hasCauseInstanceOf(IOException.class);
          assertThat(fetched.missing()).containsExactly(5, 3);
          assertThat(fetched.isComplete()).isFalse();
          assertThat(ContextProbe.waiters(part)).isZero();
          s.sleep(ofMillis(1));
          assertThat(cache.snapshot().loading()).isZero();
          assertThat(cache.snapshot().loadsAbandoned()).isEqualTo(2);
        });
  }

  @ParameterizedTest
  @EnumSource
  void fails_when_the_caller_is_cancelled(CallStyle way) throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s.app);
          CancellableContext caller = s.root.withCancel();
          List<Throwable> thrown = new ArrayList<>();
          s.start(
              "caller",
              () ->
                  thrown.add(
                      catchThrowable(
                          () ->
                              fetchAll(way, cache, caller, List.of(1, 2, 3), FetchAllTest::load))));
          s.sleep(ofMillis(1_500));
          caller.cancel(CancelReason.USER);
          s.joinAll();
          assertThat(thrown).hasOnlyElementsOfType(ContextCancelledException.class);
          s.sleep(ofMillis(1));
          assertThat(cache.snapshot().loading()).isZero();
          assertThat(cache.get(s.root, 1)).isEqualTo("value 1");
        });
  }

  @ParameterizedTest
  @EnumSource
  void shares_its_loads_with_single_callers(CallStyle way) throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s.app);
          s.start("single", () -> cache.getOrFetch(s.root, 2, FetchAllTest::load));
          s.sleep(ofSeconds(1));
          fetchAll(way, cache, s.root, List.of(1, 2), FetchAllTest::load);
          assertThat(s.time.elapsed()).isEqualTo(ofSeconds(2));
          assertThat(cache.snapshot().stats().loadSuccessCount()).isEqualTo(2);
        });
  }

  @Test
  void is_left_by_cancelling_the_future_of_its_stage() throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s.app);
          var future =
              cache
                  .fetchAllAsync(s.root, List.of(1, 2), CallStyle.staged(FetchAllTest::load))
                  .toCompletableFuture();
          assertThat(cache.snapshot().loading()).isEqualTo(2);
          future.cancel(true);
          assertThat(cache.snapshot().loading()).isZero();
        });
  }

  @ParameterizedTest
  @EnumSource
  void is_refused_when_the_cache_closes(CallStyle way) throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s.app);
          s.start(
              "closer",
              () -> {
                s.sleep(ofSeconds(1));
                cache.close();
              });
          assertThatExceptionOfType(CacheClosedException.class)
              .isThrownBy(() -> fetchAll(way, cache, s.root, List.of(3), FetchAllTest::load));
        });
  }

  /** 3,000 keys once made 3,000 calls on 1,161 threads. */
  @ParameterizedTest
  @EnumSource
  void loads_so_many_at_once_as_the_builder_allows(CallStyle way) throws Exception {
    Simulation.play(
        s -> {
          var cache =
              ContextCache.<Integer, String>builder("bulk").maxParallelLoads(10).open(s.app);
          AtomicInteger now = new AtomicInteger();
          AtomicInteger peak = new AtomicInteger();
          var fetched =
              fetchAll(
                  way,
                  cache,
                  s.root,
                  IntStream.range(0, 100).boxed().toList(),
                  (ctx, key) -> {
                    peak.accumulateAndGet(now.incrementAndGet(), Math::max);
                    try {
                      ctx.sleep(ofSeconds(1));
                    } finally {
                      now.decrementAndGet();
                    }
                    return "value " + key;
                  });
          assertThat(fetched.isComplete()).isTrue();
          assertThat(fetched.values().keySet())
              .containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
          assertThat(peak).hasValue(10);
          assertThat(s.time.elapsed()).isEqualTo(ofSeconds(10));
        });
  }

  @ParameterizedTest
  @EnumSource
  void begins_no_more_once_the_caller_has_left(CallStyle way) throws Exception {
    Simulation.play(
        s -> {
          var cache = ContextCache.<Integer, String>builder("bulk").maxParallelLoads(2).open(s.app);
          CancellableContext part = s.root.withTimeout(ofMillis(1_500));
          AtomicInteger begun = new AtomicInteger();
          var fetched =
              fetchAll(
                  way,
                  cache,
                  part,
                  IntStream.range(0, 10).boxed().toList(),
                  (ctx, key) -> {
                    begun.incrementAndGet();
                    ctx.sleep(ofSeconds(1));
                    return "value " + key;
                  });
          assertThat(fetched.values().keySet()).containsExactly(0, 1);
          assertThat(fetched.missing()).hasSize(8);
          s.sleep(ofSeconds(5));
          assertThat(begun).hasValue(4);
          assertThat(cache.snapshot().loading()).isZero();
        });
  }
}
