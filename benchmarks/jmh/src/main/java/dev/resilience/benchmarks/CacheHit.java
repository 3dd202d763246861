package dev.resilience.benchmarks;

import static java.time.Duration.ofHours;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.resilience.cache.ContextCache;
import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * A hit, for a request two levels below the root, and the same in raw Caffeine with the same size
 * and the same kind of expiry, which each entry has for itself.
 */
@State(Scope.Benchmark)
public class CacheHit {

  /** How many keys take turns; a power of two. */
  @Param("64")
  public int entries;

  private final Context app = Context.background().withCancel();
  private final Context ctx = app.withTimeout(ofHours(1));
  private Integer[] keys = {};
  private final ContextCache<Integer, Object> ours =
      ContextCache.<Integer, Object>builder("cache").expireAfterWrite(ofHours(10)).open(app);
  private final Cache<Integer, Object> caffeine =
      Caffeine.newBuilder()
          .maximumSize(10_000)
          .expireAfter(Expiry.<Integer, Object>writing((key, value) -> ofHours(10)))
          .build();

  /** Which key comes next; threads need not agree. */
  @State(Scope.Thread)
  public static class Turn {
    private int next;

    int next(int among) {
      return next++ & (among - 1);
    }
  }

  @Setup
  public void fill() {
    keys = new Integer[entries];
    for (int i = 0; i < entries; i++) {
      keys[i] = i;
      ours.set(ctx, i, new Object());
      caffeine.put(i, new Object());
    }
  }

  @Benchmark
  public @Nullable Object ours(Turn turn) {
    return ours.get(ctx, keys[turn.next(keys.length)]);
  }

  @Benchmark
  public @Nullable Object caffeine(Turn turn) {
    return caffeine.getIfPresent(keys[turn.next(keys.length)]);
  }

  @Benchmark
  public Object oursOrFetch(Turn turn) {
    return ours.getOrFetch(ctx, keys[turn.next(keys.length)], (c, key) -> new Object());
  }

  @Benchmark
  public Object caffeineOrFetch(Turn turn) {
    return caffeine.get(keys[turn.next(keys.length)], key -> new Object());
  }

  @Benchmark
  @Threads(2)
  public @Nullable Object oursOnTwoThreads(Turn turn) {
    return ours.get(ctx, keys[turn.next(keys.length)]);
  }

  @Benchmark
  @Threads(2)
  public @Nullable Object caffeineOnTwoThreads(Turn turn) {
    return caffeine.getIfPresent(keys[turn.next(keys.length)]);
  }

  @Benchmark
  @Threads(2)
  public Object oursOrFetchOnTwoThreads(Turn turn) {
    return ours.getOrFetch(ctx, keys[turn.next(keys.length)], (c, key) -> new Object());
  }

  @Benchmark
  @Threads(2)
  public Object caffeineOrFetchOnTwoThreads(Turn turn) {
    return caffeine.get(keys[turn.next(keys.length)], key -> new Object());
  }
}
