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
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A load is under way, and all at once its key is deleted, the load ends, more callers come, and
 * some leave. On real threads, a fresh key each time.
 */
class HandOverTest {

  private static final int ROUNDS = 1_000;

  private final CancellableContext app = Context.background().withCancel();
  private final ContextCache<Integer, Long> cache =
      ContextCache.<Integer, Long>builder("numbers").loadTimeout(Duration.ofMinutes(1)).open(app);

  /** How often somebody who came later shared a load with nobody who came before, and so on. */
  private final AtomicInteger successors = new AtomicInteger();

  private final AtomicInteger lateJoinedEarly = new AtomicInteger();

  @ParameterizedTest
  @EnumSource
  void gives_nobody_what_was_loaded_before_the_deletion_that_came_before_the_call(
      CallerThreads kind) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool(kind.factory());
    try {
      for (int i = 0; i < ROUNDS; i++) {
        new Round(i).play(threads);
      }
    } finally {
      threads.shutdownNow();
      app.close();
    }
    // Else the hand-over was never met.
    assertThat(successors).hasPositiveValue();
    assertThat(lateJoinedEarly).hasPositiveValue();
  }

  @ParameterizedTest
  @EnumSource
  void leaves_no_load_running_once_all_have_left(CallerThreads kind) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool(kind.factory());
    try {
      for (int i = 0; i < ROUNDS; i++) {
        new Round(i).playWithoutEnd(threads);
      }
    } finally {
      threads.shutdownNow();
      app.close();
    }
  }

  private final class Round {

    private final int key;
    private final AtomicLong origin = new AtomicLong();
    private final AtomicLong deleted = new AtomicLong();
    private final CountDownLatch release = new CountDownLatch(1);
    private final Set<Context> running = ConcurrentHashMap.newKeySet();
    private final Set<Context> all = ConcurrentHashMap.newKeySet();
    private final AtomicInteger doubles = new AtomicInteger();
    private final CyclicBarrier together = new CyclicBarrier(5);

    Round(int key) {
      this.key = key;
    }

    private Long load(Context ctx, Integer any) throws InterruptedException {
      all.add(ctx);
      running.add(ctx);
      try {
        // A loader may begin late, when its load is over and the next one runs: itself last.
        if (running.stream().anyMatch(other -> other != ctx && !other.isDone()) && !ctx.isDone()) {
          doubles.incrementAndGet();
        }
        long value = origin.get();
        release.await();
        return value;
      } finally {
        running.remove(ctx);
      }
    }

    private long ask(Context ctx, boolean async) {
      if (!async) {
        return cache.getOrFetch(ctx, key, this::load);
      }
      try {
        return cache
            .getOrFetchAsync(ctx, key, CallStyle.staged(this::load))
            .toCompletableFuture()
            .join();
      } catch (CompletionException failed) {
        throw (RuntimeException) failed.getCause();
      }
    }

    /** One who asks before the deletion, and waits. */
    private Callable<Long> early(Context ctx, boolean async) {
      return () -> ask(ctx, async);
    }

    private Callable<Long> late(boolean async) {
      return () -> {
        together.await();
        long atLeast = deleted.get();
        long value = ask(Context.background(), async);
        assertThat(value).isGreaterThanOrEqualTo(atLeast);
        if (value == 0) {
          lateJoinedEarly.incrementAndGet();
        }
        return value;
      };
    }

    private Callable<Long> delete() {
      return () -> {
        together.await();
        origin.set(1);
        cache.delete(Context.background(), key);
        deleted.set(1);
        return ask(Context.background(), false);
      };
    }

    private Callable<Long> doing(Runnable what) {
      return () -> {
        together.await();
        what.run();
        return 1L;
      };
    }

    /** Comes and goes. */
    private void visit() {
      CancellableContext ctx = Context.background().withCancel();
      var stage = cache.getOrFetchAsync(ctx, key, CallStyle.staged(this::load));
      ctx.cancel();
      // Done, or about to be by whoever brings it the answer in this moment.
      stage.handle((value, failure) -> failure).toCompletableFuture().join();
    }

    void play(ExecutorService threads) throws Exception {
      CancellableContext leaver = Context.background().withCancel();
      Future<Long> stays = threads.submit(early(Context.background(), key % 2 == 0));
      Future<Long> leaves = threads.submit(early(leaver, key % 2 != 0));
      awaitWaiting(2);
      List<Future<Long>> results = new ArrayList<>();
      results.add(threads.submit(late(false)));
      results.add(threads.submit(late(true)));
      results.add(threads.submit(delete()));
      results.add(threads.submit(doing(release::countDown)));
      results.add(
          threads.submit(
              doing(
                  () -> {
                    leaver.cancel();
                    visit();
                  })));
      for (Future<Long> result : results) {
        result.get();
      }
      assertThat(results.get(2).get()).as("the one who deleted, afterwards").isEqualTo(1);
      stays.get();
      endsOrLeft(leaves);
      if (all.size() > 1) {
        successors.incrementAndGet();
      }
      nothingRuns();
    }

    /** The load never ends by itself. */
    void playWithoutEnd(ExecutorService threads) throws Exception {
      List<CancellableContext> contexts = new ArrayList<>();
      List<Future<Long>> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        contexts.add(Context.background().withCancel());
      }
      callers.add(threads.submit(early(contexts.get(0), key % 2 == 0)));
      awaitWaiting(1);
      callers.add(threads.submit(early(contexts.get(1), false)));
      callers.add(threads.submit(early(contexts.get(2), true)));
      List<Future<Long>> results = new ArrayList<>();
      results.add(threads.submit(doing(() -> cache.delete(Context.background(), key))));
      results.add(threads.submit(doing(contexts.get(0)::cancel)));
      results.add(threads.submit(doing(contexts.get(1)::cancel)));
      results.add(threads.submit(doing(contexts.get(2)::cancel)));
      results.add(threads.submit(doing(this::visit)));
      for (Future<Long> result : results) {
        result.get();
      }
      for (Future<Long> caller : callers) {
        endsOrLeft(caller);
      }
      nothingRuns();
    }

    private void endsOrLeft(Future<Long> caller) throws InterruptedException {
      try {
        caller.get();
      } catch (java.util.concurrent.ExecutionException failed) {
        assertThat(failed).hasCauseInstanceOf(ContextCancelledException.class);
      }
    }

    private void awaitWaiting(int callers) {
      while (cache.snapshot().waiting() < callers) {
        Thread.yield();
      }
    }

    private void nothingRuns() {
      assertThat(doubles).as("loads beside each other").hasValue(0);
      assertThat(all).allMatch(Context::isDone);
      assertThat(cache.snapshot().loading()).isZero();
      assertThat(cache.snapshot().waiting()).isZero();
    }
  }
}
