package dev.resilience.redis;

import dev.resilience.cache.AsyncLoader;
import dev.resilience.cache.CacheSnapshot;
import dev.resilience.cache.ContextCache;
import dev.resilience.cache.Loader;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.policy.CallInterruptedException;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ContextCache} in each machine, and behind it one Redis that they share.
 *
 * <pre>{@code
 * var users = RedisCache.<UserId, String>builder("users", app, RedisURI.create("redis://cache"))
 *     .values(ValueCodec.strings())
 *     .timeToLive(ofMinutes(10))
 *     .build();
 *
 * String user = users.getOrFetch(ctx, id, (c, key) -> api.user(c, key));
 * }</pre>
 *
 * <p>A read looks at the near copy, then at Redis, then loads; the rules of {@code ContextCache}
 * hold for all of it, so there is one flight for a key in each machine. A near copy ends before the
 * far one does. When another machine sets or deletes a key, Redis tells all others (client-side
 * caching in broadcasting mode, which unlike publish and subscribe also tells of changes by
 * programs that know nothing of this class, and keeps no table in the server), and the near copies
 * go. After that has arrived, nothing older is served, not even by a load that was under way.
 *
 * <p>A deletion leaves a mark in Redis for a while, so that a load that began before it, on any
 * machine, cannot bring the old value back.
 *
 * <p>When Redis is slow, a circuit opens; when it is gone, the connection ends. Either way {@link
 * #isFarAvailable} turns false and a listener hears of it, all near copies go, and the cache loads
 * by itself and keeps what it loads for a short time, because nobody tells it of changes. What is
 * set or deleted here meanwhile is deleted in Redis before that is used again; a process that dies
 * before leaves the old value there, at most for its time to live.
 *
 * <p>Thread-safe. The owner must be on the system's time. Callers get no error because of Redis.
 *
 * @param <K> the keys
 * @param <V> the values; say {@code @Nullable} where loaders may return null for "there is none"
 */
public final class RedisCache<K, V extends @Nullable Object> implements AutoCloseable {

  private final CancellableContext life;
  private final ContextCache<String, Copy<V>> near;
  private final Far far;
  private final Function<? super K, String> keyName;
  private final ValueCodec<V> codec;
  private final long timeToLive;
  private final long awayFor;

  RedisCache(
      CancellableContext life,
      ContextCache<String, Copy<V>> near,
      Far far,
      Function<? super K, String> keyName,
      ValueCodec<V> codec,
      long timeToLive,
      long awayFor) {
    this.life = life;
    this.near = near;
    this.far = far;
    this.keyName = keyName;
    this.codec = codec;
    this.timeToLive = timeToLive;
    this.awayFor = awayFor;
  }

  /**
   * A builder.
   *
   * @param name for messages, and the prefix of the keys in Redis: {@code name:key}
   * @param owner the cache ends with it
   * @param uri of the Redis; version 6 or newer
   */
  public static <K, V extends @Nullable Object> RedisCacheBuilder<K, V> builder(
      String name, Context owner, io.lettuce.core.RedisURI uri) {
    return new RedisCacheBuilder<>(name, owner, uri);
  }

  /**
   * The value of a key: the near copy, or the one in Redis, or loaded.
   *
   * @param loader as for {@link ContextCache#getOrFetch}; may return null, which is not stored
   * @throws dev.resilience.context.ContextException if {@code ctx} ends before the value is there
   * @throws dev.resilience.cache.LoadException if the load fails
   * @throws dev.resilience.cache.CacheClosedException if the cache is closed
   */
  public V getOrFetch(Context ctx, K key, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    return near.getOrFetch(ctx, name(key), (c, farKey) -> load(c, farKey, key, loader)).value();
  }

  /**
   * As {@link #getOrFetch}, without waiting.
   *
   * @param loader as for {@link ContextCache#getOrFetchAsync}
   */
  public CompletionStage<V> getOrFetchAsync(Context ctx, K key, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    CompletionStage<Copy<V>> copy =
        near.getOrFetchAsync(ctx, name(key), (c, farKey) -> loadAsync(c, farKey, key, loader));
    return new MappedStage<>(copy, Copy::value).stage();
  }

  /**
   * Sets a value, for all machines.
   *
   * @return whether Redis has it; if not, it is a near copy for a short time
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first; the value may be set
   * @throws dev.resilience.cache.CacheClosedException if the cache is closed
   */
  public boolean set(Context ctx, K key, V value) {
    String farKey = name(key);
    byte[] raw = Stored.value(codec.encode(Objects.requireNonNull(value, "value")));
    near.delete(ctx, farKey);
    boolean there = await(ctx, far.set(farKey, raw, Duration.ofNanos(timeToLive)));
    // Redis does not tell us of our own changes; a read may have brought the old value meanwhile.
    near.delete(life, farKey);
    if (!there) {
      near.set(life, farKey, new Copy<>(value, now() + awayFor), Duration.ofNanos(awayFor));
    }
    return there;
  }

  /**
   * Deletes a key, for all machines.
   *
   * @return whether Redis has deleted it; if not, it will before it is used again
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first; the key may be
   *     deleted
   * @throws dev.resilience.cache.CacheClosedException if the cache is closed
   */
  public boolean delete(Context ctx, K key) {
    String farKey = name(key);
    near.delete(ctx, farKey);
    boolean there = await(ctx, far.delete(farKey));
    near.delete(life, farKey);
    return there;
  }

  /** Whether Redis is in use. */
  public boolean isFarAvailable() {
    return far.isThere();
  }

  /** The figures of the near tier. */
  public CacheSnapshot snapshot() {
    return near.snapshot();
  }

  /** Ends the cache and its connection. */
  @Override
  public void close() {
    life.close();
  }

  private String name(K key) {
    return keyName.apply(Objects.requireNonNull(key, "key"));
  }

  private long now() {
    TimeSource time = life.timeSource();
    return time.nanoTime();
  }

  // ---- loading

  private Copy<V> load(Context ctx, String farKey, K key, Loader<? super K, ? extends V> loader)
      throws Exception {
    Found found = ctx.await(far.read(ctx, farKey));
    Copy<V> there = copyOf(found);
    if (there != null) {
      return there;
    }
    V value = loader.load(ctx, key);
    if (value == null) {
      return passing(value);
    }
    if (!found.isThere()) {
      return away(value);
    }
    long asked = now();
    boolean filled =
        ctx.await(far.fill(ctx, farKey, found, raw(value), Duration.ofNanos(timeToLive)));
    return filled ? new Copy<>(value, asked + timeToLive) : passing(value);
  }

  private CompletionStage<Copy<V>> loadAsync(
      Context ctx, String farKey, K key, AsyncLoader<? super K, V> loader) {
    return far.read(ctx, farKey)
        .thenCompose(
            found -> {
              Copy<V> there = copyOf(found);
              return there != null
                  ? CompletableFuture.completedFuture(there)
                  : loadAsync(ctx, farKey, key, loader, found);
            });
  }

  private CompletionStage<Copy<V>> loadAsync(
      Context ctx, String farKey, K key, AsyncLoader<? super K, V> loader, Found found) {
    CompletionStage<V> loading;
    try {
      loading = loader.load(ctx, key);
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(failure);
    }
    return loading.thenCompose(
        value -> {
          if (value == null) {
            return CompletableFuture.completedFuture(passing(value));
          }
          if (!found.isThere()) {
            return CompletableFuture.completedFuture(away(value));
          }
          long asked = now();
          return far.fill(ctx, farKey, found, raw(value), Duration.ofNanos(timeToLive))
              .thenApply(filled -> filled ? new Copy<>(value, asked + timeToLive) : passing(value));
        });
  }

  private @Nullable Copy<V> copyOf(Found found) {
    byte[] encoded = Stored.valueIn(found.raw());
    if (encoded == null) {
      return null;
    }
    try {
      return new Copy<>(codec.decode(encoded), found.deadline());
    } catch (RuntimeException unknown) {
      return null;
    }
  }

  private byte[] raw(V value) {
    return Stored.value(codec.encode(value));
  }

  /** Kept for a short time, since nobody tells of changes. */
  private Copy<V> away(V value) {
    return new Copy<>(value, now() + awayFor);
  }

  /** Handed out and not kept: Redis holds something newer, or nothing was stored there. */
  private Copy<V> passing(V value) {
    return new Copy<>(value, now());
  }

  private static <T> T await(Context ctx, CompletionStage<T> stage) {
    try {
      return ctx.await(stage);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CallInterruptedException(interrupted);
    } catch (ExecutionException broken) {
      throw new IllegalStateException(broken);
    }
  }
}
