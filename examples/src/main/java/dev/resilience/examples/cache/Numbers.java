package dev.resilience.examples.cache;

import dev.resilience.context.Context;
import dev.resilience.redis.RedisCache;
import dev.resilience.redis.ValueCodec;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The cache that both machines have, and the one key in it, whose value only grows. */
final class Numbers implements AutoCloseable {

  private static final String KEY = "newest";

  private final RedisCache<String, String> cache;

  Numbers(Context app, RedisURI uri) {
    cache =
        RedisCache.<String, String>builder("numbers")
            .uri(uri)
            .values(ValueCodec.strings())
            .nearMaximumSize(100)
            .recordStats()
            .commandTimeout(Duration.ofSeconds(10))
            .open(app);
  }

  void awaitRedis() {
    while (!cache.isRedisAvailable()) {
      LockSupport.parkNanos(1_000);
    }
  }

  void set(long number) {
    cache.set(Context.background(), KEY, String.valueOf(number));
  }

  long read() {
    return Long.parseLong(
        cache.getOrFetch(
            Context.background(),
            KEY,
            (c, key) -> {
              throw new IllegalStateException("Redis does not have it");
            }));
  }

  /** How many reads found a near copy. */
  long nearHits() {
    return cache.snapshot().near().stats().hitCount();
  }

  @Override
  public void close() {
    cache.close();
  }
}
