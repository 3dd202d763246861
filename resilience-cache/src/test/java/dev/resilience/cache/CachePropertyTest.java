package dev.resilience.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.error.AttemptTimeoutException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Random callers, cancellations, deadlines, failures and invalidations in random order, one step at
 * a time. Times are whole milliseconds and few, so that many things happen at one moment.
 */
class CachePropertyTest {

  private static final int USUAL = 2_000;

  private static final Map<String, Integer> SEEN = new HashMap<>();

  @Test
  void one_flight_and_private_waiters() {
    Schedules.check(
        USUAL, (seed, random) -> Simulation.play(seed, s -> new Program(s, random).run()));
  }

  /** A test that never meets what it is about proves nothing. */
  @AfterAll
  static void metEverything() {
    if (!Schedules.isOneAlone() && Schedules.count(USUAL) >= USUAL) {
      assertThat(SEEN.keySet())
          .contains(
              "value",
              "FRESH",
              "REVALIDATING",
              "LOAD_FAILED",
              "own end",
              "planned failure",
              "limit",
              "closed",
              "absent",
              "missing",
              "superseded");
    }
  }

  private static void seen(String what) {
    SEEN.merge(what, 1, Integer::sum);
  }

  /**
   * What the caches hold.
   *
   * @param begun when the load began, or the value was set
   * @param born when the value was there
   */
  private record Value(int key, long begun, Duration born) {}

  private static final class Program {

    private final Simulation s;
    private final RandomGenerator random;
    private final long ttl;
    private final long revalidate;
    private final long onError;
    private final long refresh;
    private final boolean mayFail;
    private final boolean background;
    private final ContextCache<Integer, Value> cache;

    private boolean closed;
    private long steps;

    /** For each key the contexts of the loads that run. */
    private final Map<Integer, List<Context>> live = new HashMap<>();

    /** For each key how many callers are inside. */
    private final Map<Integer, Integer> inside = new HashMap<>();

    /** For each key when the last deletion or setting began. */
    private final Map<Integer, Long> invalidated = new HashMap<>();

    Program(Simulation s, RandomGenerator random) {
      this.s = s;
      this.random = random;
      this.ttl = 1L + random.nextInt(8);
      this.revalidate = random.nextBoolean() ? 0 : random.nextInt(6);
      this.onError = random.nextBoolean() ? 0 : random.nextInt(8);
      this.refresh = ttl > 1 && random.nextInt(3) == 0 ? 1L + random.nextInt((int) ttl - 1) : 0L;
      this.mayFail = random.nextBoolean();
      boolean finish = random.nextInt(5) == 0;
      this.background = finish || refresh > 0 || revalidate > 0;
      var builder =
          ContextCache.<Integer, Value>builder("cache")
              .expireAfterWrite(ms(ttl))
              .expiryJitter(random.nextBoolean() ? 0 : 0.5)
              .staleWhileRevalidate(ms(revalidate))
              .staleIfError(ms(onError))
              .pauseAfterFailure(ms(random.nextInt(3)))
              .loadTimeout(ms(2 + random.nextInt(6)));
      if (refresh > 0) {
        builder.refreshAfter(ms(refresh));
      }
      if (finish) {
        builder.finishAbandonedLoads();
      }
      if (random.nextBoolean()) {
        builder.rememberAbsence(ms(random.nextInt(3)));
      }
      this.cache = builder.open(s.app);
    }

    private static Duration ms(long millis) {
      return Duration.ofMillis(millis);
    }

    void run() throws Exception {
      int actors = 2 + random.nextInt(5);
      for (int i = 0; i < actors; i++) {
        List<Act> acts = new ArrayList<>();
        for (int j = 1 + random.nextInt(4); j > 0; j--) {
          acts.add(act());
        }
        s.start("actor-" + i, () -> play(acts));
      }
      if (random.nextInt(10) == 0) {
        long at = random.nextInt(12);
        s.start("closer", () -> close(at));
      }
      s.joinAll();
      s.sleep(ms(20));
      assertThat(cache.snapshot().loading()).isZero();
      assertThat(cache.snapshot().waiting()).isZero();
      assertThat(cache.snapshot().loadsLeftBehind()).isZero();
      cache.close();
      assertThat(s.time.pendingTimers()).isZero();
      assertThat(ContextProbe.waiters(s.app)).isZero();
    }

    private void close(long at) throws InterruptedException {
      s.sleep(ms(at));
      closed = true;
      cache.close();
    }

    private void play(List<Act> acts) throws Exception {
      for (Act act : acts) {
        act.play();
        checkNobodyWorksForNobody();
      }
    }

    @FunctionalInterface
    private interface Act {
      void play() throws Exception;
    }

    private Act act() {
      int key = random.nextInt(3);
      return switch (random.nextInt(10)) {
        case 0 -> () -> invalidate(key, () -> cache.delete(s.root, key));
        case 1 -> () -> invalidate(key, () -> cache.set(s.root, key, now(key, ++steps)));
        case 2 -> {
          long nap = random.nextInt(6);
          yield () -> s.sleep(ms(nap));
        }
        case 3 -> () -> look(key);
        case 4 -> fetchAll();
        default -> fetch(key);
      };
    }

    private Value now(int key, long begun) {
      return new Value(key, begun, s.time.elapsed());
    }

    private void invalidate(int key, Runnable change) {
      long begun = ++steps;
      try {
        change.run();
        invalidated.merge(key, begun, Math::max);
      } catch (CacheClosedException refused) {
        assertThat(closed).isTrue();
      }
    }

    private void look(int key) {
      long since = invalidated.getOrDefault(key, 0L);
      try {
        Value fresh = cache.get(s.root, key);
        if (fresh != null) {
          check(fresh, since);
          assertThat(age(fresh)).isLessThan(ms(ttl));
        }
        Cached<Value> found = cache.find(s.root, key);
        if (found != null && found.value() != null) {
          check(found, since);
        }
      } catch (CacheClosedException refused) {
        assertThat(closed).isTrue();
      }
    }

    // ---- callers

    /** A context that ends in one of several ways, or not at all. */
    private CancellableContext caller(int how, long after) {
      CancellableContext ctx = how == 1 ? s.root.withTimeout(ms(after)) : s.root.withCancel();
      if (how == 2) {
        s.start(
            "canceller",
            () -> {
              s.sleep(ms(after));
              ctx.cancel(CancelReason.USER);
              checkNobodyWorksForNobody();
            });
      }
      return ctx;
    }

    private Act fetch(int key) {
      int how = random.nextInt(3);
      long after = random.nextInt(8);
      boolean async = random.nextBoolean();
      boolean cancelsFuture = random.nextInt(4) == 0;
      return () -> {
        CancellableContext ctx = caller(how, after);
        long since = invalidated.getOrDefault(key, 0L);
        inside.merge(key, 1, Integer::sum);
        try {
          Cached<Value> cached =
              async
                  ? await(
                      cache.getOrFetchCachedAsync(ctx, key, this::loadStage),
                      cancelsFuture ? after : -1)
                  : cache.getOrFetchCached(ctx, key, this::load);
          if (cached.value() == null) {
            seen("absent");
          } else {
            check(cached, since);
          }
        } catch (Throwable failure) {
          checkFailure(failure, ctx, cancelsFuture);
        } finally {
          inside.merge(key, -1, Integer::sum);
        }
        if (!ctx.isDone()) {
          assertThat(ContextProbe.waiters(ctx)).isZero();
        }
        ctx.close();
        checkNobodyWorksForNobody();
      };
    }

    private <T> T await(CompletionStage<T> stage, long cancelAfter) throws Throwable {
      if (cancelAfter >= 0) {
        s.start(
            "future-canceller",
            () -> {
              s.sleep(ms(cancelAfter));
              stage.toCompletableFuture().cancel(true);
              checkNobodyWorksForNobody();
            });
      }
      try {
        return s.root.await(stage);
      } catch (ExecutionException failed) {
        throw failed.getCause();
      }
    }

    private Act fetchAll() {
      int how = random.nextInt(3);
      long after = random.nextInt(8);
      boolean async = random.nextBoolean();
      return () -> {
        CancellableContext ctx = caller(how, after);
        Map<Integer, Long> since = new HashMap<>(invalidated);
        List<Integer> keys = List.of(0, 1, 2);
        keys.forEach(key -> inside.merge(key, 1, Integer::sum));
        try {
          Fetched<Integer, Value> fetched =
              async
                  ? await(cache.fetchAllAsync(ctx, keys, this::loadStage), -1)
                  : cache.fetchAll(ctx, keys, this::load);
          fetched.values().values().stream()
              .filter(Objects::nonNull)
              .forEach(value -> check(value, since.getOrDefault(value.key(), 0L)));
          fetched.failures().values().forEach(failure -> checkFailure(failure, ctx, false));
          if (!fetched.missing().isEmpty()) {
            seen("missing");
            assertThat(how).isEqualTo(1);
            assertThat(ctx.isDone()).isTrue();
          }
        } catch (Throwable failure) {
          checkFailure(failure, ctx, false);
        } finally {
          keys.forEach(key -> inside.merge(key, -1, Integer::sum));
        }
        ctx.close();
      };
    }

    // ---- loaders

    private Value load(Context ctx, int key) throws Exception {
      return working(ctx, key, () -> work(ctx, key, ++steps));
    }

    private Value work(Context ctx, int key, long begun) throws Exception {
      switch (time().nextInt(6)) {
        case 0 -> s.time.pause();
        case 1 -> ctx.awaitDone(ms(time().nextInt(4)));
        case 2 -> {
          if (key < 2) {
            nested(ctx, key + 1);
          }
        }
        default -> ctx.sleep(ms(time().nextInt(5)));
      }
      return answer(key, begun);
    }

    private Value answer(int key, long begun) throws IOException {
      if (mayFail && time().nextInt(2) == 0) {
        throw new IOException("planned");
      }
      return time().nextInt(8) == 0 ? null : now(key, begun);
    }

    private void nested(Context ctx, int key) {
      inside.merge(key, 1, Integer::sum);
      try {
        cache.getOrFetch(ctx, key, this::load);
      } catch (LoadException | CacheClosedException own) {
        // The inner load's affair.
      } finally {
        inside.merge(key, -1, Integer::sum);
      }
    }

    /** One that completes by itself, and does not care who waits. */
    private CompletionStage<Value> loadStage(Context ctx, int key) {
      long begun = ++steps;
      begins(ctx, key);
      CompletableFuture<Value> result = new CompletableFuture<>();
      long takes = time().nextInt(5);
      Runnable completion =
          () -> {
            ends(ctx, key);
            try {
              result.complete(answer(key, begun));
            } catch (IOException planned) {
              result.completeExceptionally(planned);
            }
          };
      if (takes == 0) {
        completion.run();
      } else {
        s.start(
            "stage",
            () -> {
              s.sleep(ms(takes));
              completion.run();
            });
      }
      return result;
    }

    private interface Body {
      Value run() throws Exception;
    }

    private Value working(Context ctx, int key, Body body) throws Exception {
      begins(ctx, key);
      try {
        return body.run();
      } finally {
        ends(ctx, key);
      }
    }

    private void begins(Context ctx, int key) {
      List<Context> running = live.computeIfAbsent(key, any -> new ArrayList<>());
      assertThat(running).as("loads of " + key).allMatch(Context::isDone);
      running.add(ctx);
      assertThat(ctx.isDone()).isFalse();
    }

    private void ends(Context ctx, int key) {
      live.get(key).remove(ctx);
    }

    private RandomGenerator time() {
      return s.time.random();
    }

    // ---- what must be so

    private void checkNobodyWorksForNobody() {
      if (background) {
        return;
      }
      live.forEach(
          (key, running) -> {
            if (running.stream().anyMatch(ctx -> !ctx.isDone())) {
              assertThat(inside.getOrDefault(key, 0)).as("callers of " + key).isPositive();
            }
          });
    }

    private Duration age(Value value) {
      return s.time.elapsed().minus(value.born());
    }

    private void check(Cached<Value> cached, long since) {
      Value value = cached.value();
      check(value, since);
      seen(cached.freshness().name());
      assertThat(cached.age()).isEqualTo(age(value));
      long allowed =
          switch (cached.freshness()) {
            case FRESH -> ttl;
            case REVALIDATING -> ttl + revalidate;
            case LOAD_FAILED, EXPIRED -> ttl + Math.max(revalidate, onError);
          };
      assertThat(cached.age()).isLessThan(ms(allowed));
    }

    private void check(Value value, long since) {
      seen("value");
      assertThat(value.begun()).as("began after the last invalidation").isGreaterThan(since);
      if (invalidated.getOrDefault(value.key(), 0L) > value.begun()) {
        seen("superseded");
      }
    }

    private void checkFailure(Throwable failure, Context ctx, boolean cancelsFuture) {
      if (failure instanceof ContextException) {
        assertThat(ctx.isDone()).isTrue();
        seen("own end");
      } else if (failure instanceof java.util.concurrent.CancellationException) {
        assertThat(cancelsFuture).isTrue();
      } else if (failure instanceof CacheClosedException) {
        assertThat(closed).isTrue();
        seen("closed");
      } else if (failure instanceof LoadException) {
        Throwable cause = failure.getCause();
        if (cause instanceof AttemptTimeoutException) {
          seen("limit");
        } else {
          assertThat(cause).isInstanceOf(IOException.class).hasMessage("planned");
          seen("planned failure");
        }
      } else {
        throw new AssertionError("unexpected", failure);
      }
    }
  }
}
