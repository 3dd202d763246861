package dev.resilience.examples.cache;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.context.Context;
import dev.resilience.redis.RedisCache;
import dev.resilience.redis.RedisCacheBuilder;
import dev.resilience.redis.ValueCodec;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The cache that both machines have, and the one key in it, whose value only grows. */
final class Numbers implements AutoCloseable {

  private static final String KEY = "newest";

  private final Context ctx = Context.background();
  private final RedisCache<String, String> cache;

  Numbers(Context app, RedisURI uri) {
    RedisCacheBuilder<String, String> builder = RedisCache.builder("numbers", app, uri);
    cache =
        builder
            .values(ValueCodec.strings())
            .near(Caffeine.newBuilder().maximumSize(100).recordStats())
            .commandLimit(Duration.ofSeconds(10))
            .build();
  }

  void awaitRedis() {
    while (!cache.isFarAvailable()) {
      LockSupport.parkNanos(1_000);
    }
  }

  void set(long number) {
    cache.set(ctx, KEY, String.valueOf(number));
  }

  long read() {
    return Long.parseLong(
        cache.getOrFetch(
            ctx,
            KEY,
            (c, key) -> {
              throw new IllegalStateException("Redis does not have it");
            }));
  }

  /** How many reads found a near copy. */
  long nearHits() {
    return cache.snapshot().stats().hitCount();
  }

  @Override
  public void close() {
    cache.close();
  }
}
