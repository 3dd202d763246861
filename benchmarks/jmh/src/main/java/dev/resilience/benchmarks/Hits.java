package dev.resilience.benchmarks;

import static java.time.Duration.ofHours;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.sun.management.ThreadMXBean;
import dev.resilience.cache.ContextCache;
import dev.resilience.context.Context;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How many times what raw Caffeine takes a hit costs. Both run by turns in one JVM, in bursts of
 * some tens of microseconds, and each burst is compared with the one just before it. So what else
 * runs on the machine slows both alike and leaves the ratio; {@link CacheHit} has the nanoseconds.
 */
public final class Hits {

  private static final int KEYS = 64;
  private static final int BURST = 2_000;
  private static final int ROUNDS = 10_000;

  private final Context app = Context.background().withCancel();
  private final Context ctx = app.withTimeout(ofHours(1));
  private final Integer[] keys = IntStream.range(0, KEYS).boxed().toArray(Integer[]::new);
  private final ContextCache<Integer, Object> ours =
      ContextCache.<Integer, Object>builder("cache").expireAfterWrite(ofHours(10)).open(app);
  private final Cache<Integer, Object> caffeine =
      Caffeine.newBuilder()
          .maximumSize(10_000)
          .expireAfter(Expiry.<Integer, Object>writing((key, value) -> ofHours(10)))
          .build();

  private Hits() {
    for (Integer key : keys) {
      ours.set(ctx, key, new Object());
      caffeine.put(key, new Object());
    }
  }

  /**
   * Prints a row.
   *
   * @param args how many threads
   */
  @SuppressWarnings("SystemOut") // a program whose purpose is to print
  public static void main(String[] args) throws Exception {
    int threads = Integer.parseInt(args[0]);
    Hits hits = new Hits();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Future<Ratios>> running =
        Stream.generate(() -> pool.submit(hits::measure)).limit(threads).toList();
    double[] get = {};
    double[] fetch = {};
    long bytes = 0;
    long theirBytes = 0;
    for (Future<Ratios> each : running) {
      Ratios ratios = each.get();
      get = joined(get, ratios.get());
      fetch = joined(fetch, ratios.getOrFetch());
      bytes += ratios.bytes();
      theirBytes += ratios.theirBytes();
    }
    pool.shutdown();
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %.2f | %.2f | %.2f | %.2f |%n",
        System.getProperty("java.vm.version"),
        threads,
        median(get),
        median(fetch),
        bytes / (2.0 * BURST * ROUNDS * threads),
        theirBytes / (2.0 * BURST * ROUNDS * threads));
    System.exit(0);
  }

  /**
   * Of one thread.
   *
   * @param bytes what its hits in our cache have allocated
   * @param theirBytes what those in Caffeine have: it hands its maintenance to a pool now and then
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Ratios(double[] get, double[] getOrFetch, long bytes, long theirBytes) {}

  private Ratios measure() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    double[] get = new double[ROUNDS];
    double[] fetch = new double[ROUNDS];
    long bytes = 0;
    long theirBytes = 0;
    for (int i = -ROUNDS; i < ROUNDS; i++) { // the first half is to warm up
      long atFirst = threads.getCurrentThreadAllocatedBytes();
      long start = System.nanoTime();
      caffeineGet();
      long second = System.nanoTime();
      caffeineOrFetch();
      long third = System.nanoTime();
      long before = threads.getCurrentThreadAllocatedBytes();
      long fourth = System.nanoTime();
      oursGet();
      long fifth = System.nanoTime();
      oursOrFetch();
      long end = System.nanoTime();
      if (i >= 0) {
        theirBytes += before - atFirst;
        bytes += threads.getCurrentThreadAllocatedBytes() - before;
        get[i] = (double) (fifth - fourth) / (second - start);
        fetch[i] = (double) (end - fifth) / (third - second);
      }
    }
    return new Ratios(get, fetch, bytes, theirBytes);
  }

  private void caffeineGet() {
    for (int i = 0; i < BURST; i++) {
      check(caffeine.getIfPresent(keys[i & (KEYS - 1)]));
    }
  }

  private void caffeineOrFetch() {
    for (int i = 0; i < BURST; i++) {
      check(caffeine.get(keys[i & (KEYS - 1)], key -> new Object()));
    }
  }

  private void oursGet() {
    for (int i = 0; i < BURST; i++) {
      check(ours.get(ctx, keys[i & (KEYS - 1)]));
    }
  }

  private void oursOrFetch() {
    for (int i = 0; i < BURST; i++) {
      check(ours.getOrFetch(ctx, keys[i & (KEYS - 1)], (c, key) -> new Object()));
    }
  }

  private static void check(@Nullable Object found) {
    if (found == null) {
      throw new IllegalStateException("not a hit");
    }
  }

  private static double[] joined(double[] some, double[] more) {
    double[] all = Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
