package dev.resilience.redis;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.retry.Backoff;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Redis hangs while a machine changes many keys, and comes back with its old values. Prints how
 * much memory that took, and how long it was until the near copies of another machine were true
 * again. For a JVM with a small heap.
 */
final class LongOutage {

  private static final int WATCHED = 1_000;

  private final Context ctx = Context.background();
  private final int keys;
  private final RedisServer server;
  private final RedisCache<String, String> here;
  private final RedisCache<String, String> there;

  private LongOutage(Context app, RedisServer server, int keys) {
    this.keys = keys;
    this.server = server;
    this.here = builder(server).commandTimeout(ofSeconds(2)).open(app);
    this.there = builder(server).commandTimeout(ofMinutes(5)).open(app);
  }

  private static RedisCache.Builder<String, String> builder(RedisServer server) {
    return RedisCache.<String, String>builder("users")
        .uri(server.uri())
        .values(ValueCodec.strings())
        .backoff(Backoff.exponential(ofMillis(200), ofSeconds(5)).withEqualJitter());
  }

  public static void main(String... args) throws Exception {
    try (RedisServer server = RedisServer.start();
        CancellableContext app = Context.background().withCancel()) {
      new LongOutage(app, server, Integer.parseInt(args[0])).play();
    }
    System.exit(0);
  }

  private static String key(int number) {
    return "user-" + number;
  }

  private void play() throws Exception {
    here.awaitRedis(ctx.withTimeout(ofSeconds(20)));
    there.awaitRedis(ctx.withTimeout(ofSeconds(20)));
    for (int i = 0; i < WATCHED; i++) {
      here.set(ctx, key(i), "old");
    }
    until("near copies of the old values", () -> oldThere() == WATCHED);
    server.pause();
    while (here.isRedisAvailable()) {
      here.delete(ctx, key(0));
    }
    long before = heap();
    long begun = System.nanoTime();
    for (int i = 0; i < keys; i++) {
      here.delete(ctx, key(i));
    }
    System.out.printf(
        "%,d keys changed in %,d ms, heap + %,d kB, %s%n",
        keys, millisSince(begun), heap() - before, here.snapshot());
    long back = System.nanoTime();
    server.resume();
    until("Redis in use", here::isRedisAvailable);
    System.out.printf("in use after %,d ms%n", millisSince(back));
    until("no old value", () -> oldThere() == 0);
    System.out.printf("near copies true after %,d ms%n", millisSince(back));
    until(
        "nothing missed",
        () -> here.snapshot().missedChanges() == 0 && !here.snapshot().isGenerationDue());
    System.out.printf(
        "made up for after %,d ms, generations changed %d, heap %,d kB%n",
        millisSince(back), here.snapshot().generationsChanged(), heap());
  }

  /** How many old values the other machine serves. */
  private int oldThere() {
    int old = 0;
    for (int i = 0; i < WATCHED; i++) {
      old += "old".equals(there.get(ctx, key(i))) ? 1 : 0;
    }
    return old;
  }

  private static void until(String what, java.util.function.BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        System.out.println("not within 2 min: " + what);
        System.exit(1);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) / 1024;
  }
}
