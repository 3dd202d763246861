package dev.resilience.redis;

import dev.resilience.cache.AsyncLoader;
import dev.resilience.cache.CacheSnapshot;
import dev.resilience.cache.ContextCache;
import dev.resilience.cache.Fetched;
import dev.resilience.cache.LoadException;
import dev.resilience.cache.Loader;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
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
  private final Loads<V> loads;
  private final Function<? super K, String> keyName;
  private final ValueCodec<V> codec;
  private final Loads.Terms terms;

  RedisCache(
      CancellableContext life,
      ContextCache<String, Copy<V>> near,
      Far far,
      Function<? super K, String> keyName,
      ValueCodec<V> codec,
      Loads.Terms terms) {
    this.life = life;
    this.near = near;
    this.far = far;
    this.loads = new Loads<>(far, codec, life.timeSource(), terms);
    this.keyName = keyName;
    this.codec = codec;
    this.terms = terms;
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

  // ---- reading what is there

  /**
   * The value of a key, if there is a near copy or one in Redis. Loads nothing, but waits for a
   * load that is under way in this machine.
   *
   * @return null: none, or it is known that there is none
   * @throws dev.resilience.context.ContextException if {@code ctx} ends before Redis has answered
   * @throws dev.resilience.cache.CacheClosedException if the cache is closed
   */
  public @Nullable V get(Context ctx, K key) {
    Copy<V> copy = near.get(ctx, name(key));
    return copy != null ? copy.value() : await(ctx, getAsync(ctx, key));
  }

  /** As {@link #get}, without waiting. The stage fails with the raw failure. */
  @SuppressWarnings("NullAway") // does not see that this stage may bring null
  public CompletionStage<@Nullable V> getAsync(Context ctx, K key) {
    Answer<@Nullable V> answer = new Answer<>();
    answer.ask(
        near.getOrFetchAsync(ctx, name(key), loads.look()),
        copy -> answer.give(copy.value()),
        failure -> {
          if (failure instanceof LoadException) {
            // Of a load that somebody else has begun.
            answer.give(null);
          } else {
            answer.fail(failure);
          }
        });
    return answer.stage();
  }

  /**
   * The values of several keys that have a near copy or one in Redis, in their order; keys without
   * one are left out, and those for which Redis has not answered when the deadline passes.
   *
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended before, or is
   *     cancelled
   * @throws dev.resilience.cache.CacheClosedException if the cache is closed
   */
  public Map<K, V> getAll(Context ctx, Iterable<? extends K> keys) {
    // Ends by itself with what there is when the deadline passes.
    return await(Context.background(), getAllAsync(ctx, keys));
  }

  /** As {@link #getAll}, without waiting. */
  public CompletionStage<Map<K, V>> getAllAsync(Context ctx, Iterable<? extends K> keys) {
    Many<K, V> many = new Many<>(keys, this::name);
    Answer<Map<K, V>> answer = new Answer<>();
    answer.ask(
        near.fetchAllAsync(ctx, many.open(), loads.look()),
        fetched -> {
          many.add(fetched);
          answer.give(many.values());
        });
    return answer.stage();
  }

  // ---- reading what may have to be loaded

  /**
   * The value of a key: the near copy, or the one in Redis, or loaded.
   *
   * @param loader as for {@link ContextCache#getOrFetch}; may return null, which is stored as the
   *     builder says
   * @throws dev.resilience.context.ContextException if {@code ctx} ends before the value is there
   * @throws LoadException if the load fails
   * @throws dev.resilience.cache.CacheClosedException if the cache is closed
   */
  public V getOrFetch(Context ctx, K key, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    String farKey = name(key);
    Loader<String, Copy<V>> work = loads.by(any -> key, loader);
    Copy<V> copy = near.getOrFetch(ctx, farKey, work);
    while (!copy.isKnown()) {
      // It was the flight of one who only looks.
      copy = near.getOrFetch(ctx, farKey, work);
    }
    return copy.value();
  }

  /**
   * As {@link #getOrFetch}, without waiting. The stage fails with the raw failure, and to cancel
   * its future is to leave.
   *
   * @param loader as for {@link ContextCache#getOrFetchAsync}
   */
  public CompletionStage<V> getOrFetchAsync(Context ctx, K key, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    Answer<V> answer = new Answer<>();
    ask(answer, ctx, name(key), loads.stagedBy(any -> key, loader));
    return answer.stage();
  }

  private void ask(
      Answer<V> answer, Context ctx, String farKey, AsyncLoader<String, Copy<V>> work) {
    answer.ask(
        near.getOrFetchAsync(ctx, farKey, work),
        copy -> {
          if (copy.isKnown()) {
            answer.give(copy.value());
          } else {
            ask(answer, ctx, farKey, work);
          }
        });
  }

  /**
   * The values of several keys, as many as there are when the deadline of {@code ctx} passes; see
   * {@link ContextCache#fetchAll}. Redis is asked for all of them at once.
   *
   * @param keys each once
   * @param loader called at most once for each key
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended before, or is
   *     cancelled
   * @throws dev.resilience.cache.CacheClosedException if the cache is closed
   */
  public Fetched<K, V> fetchAll(
      Context ctx, Iterable<? extends K> keys, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    Many<K, V> many = new Many<>(keys, this::name);
    Loader<String, Copy<V>> work = loads.by(many::key, loader);
    do {
      many.add(near.fetchAll(ctx, many.open(), work));
    } while (many.mustAskAgain(ctx));
    return many.fetched();
  }

  /**
   * As {@link #fetchAll}, without waiting.
   *
   * @param keys each once
   * @param loader called at most once for each key
   */
  public CompletionStage<Fetched<K, V>> fetchAllAsync(
      Context ctx, Iterable<? extends K> keys, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    Many<K, V> many = new Many<>(keys, this::name);
    Answer<Fetched<K, V>> answer = new Answer<>();
    askAll(answer, ctx, many, loads.stagedBy(many::key, loader));
    return answer.stage();
  }

  private void askAll(
      Answer<Fetched<K, V>> answer,
      Context ctx,
      Many<K, V> many,
      AsyncLoader<String, Copy<V>> work) {
    answer.ask(
        near.fetchAllAsync(ctx, many.open(), work),
        fetched -> {
          many.add(fetched);
          if (many.mustAskAgain(ctx)) {
            askAll(answer, ctx, many, work);
          } else {
            answer.give(many.fetched());
          }
        });
  }

  // ---- writing

  /**
   * Sets a value, for all machines.
   *
   * @return whether Redis has it; if not, it is a near copy for a short time
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first; the value may be set
   * @throws dev.resilience.cache.CacheClosedException if the cache is closed
   */
  public boolean set(Context ctx, K key, V value) {
    return await(ctx, change(ctx, key, value, terms.value()));
  }

  /**
   * Sets a value with a time to live of its own, for all machines.
   *
   * @param timeToLive in Redis, at least 1 ms
   * @return as {@link #set(Context, Object, Object)}
   */
  public boolean set(Context ctx, K key, V value, Duration timeToLive) {
    long millis = RedisCacheBuilder.millis(timeToLive, "timeToLive");
    return await(ctx, change(ctx, key, value, millis));
  }

  /** As {@link #set(Context, Object, Object)}, without waiting. */
  public CompletionStage<Boolean> setAsync(Context ctx, K key, V value) {
    return staged(ctx, () -> change(ctx, key, value, terms.value()));
  }

  /**
   * As {@link #set(Context, Object, Object, Duration)}, without waiting.
   *
   * @param timeToLive in Redis, at least 1 ms
   */
  public CompletionStage<Boolean> setAsync(Context ctx, K key, V value, Duration timeToLive) {
    long millis = RedisCacheBuilder.millis(timeToLive, "timeToLive");
    return staged(ctx, () -> change(ctx, key, value, millis));
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
    return await(ctx, change(ctx, key));
  }

  /** As {@link #delete}, without waiting. */
  public CompletionStage<Boolean> deleteAsync(Context ctx, K key) {
    return staged(ctx, () -> change(ctx, key));
  }

  private CompletionStage<Boolean> change(Context ctx, K key, V value, long millis) {
    byte[] raw = Stored.value(codec.encode(Objects.requireNonNull(value, "value")));
    String farKey = name(key);
    near.delete(ctx, farKey);
    return far.set(farKey, raw, millis)
        .thenApply(
            there -> {
              forget(farKey);
              if (!there) {
                keepWithoutRedis(farKey, value, Math.min(millis, terms.away()));
              }
              return there;
            });
  }

  private CompletionStage<Boolean> change(Context ctx, K key) {
    String farKey = name(key);
    near.delete(ctx, farKey);
    return far.delete(farKey)
        .thenApply(
            there -> {
              forget(farKey);
              return there;
            });
  }

  /**
   * Redis does not tell us of our own changes, and a read may have brought the old value meanwhile.
   */
  private void forget(String farKey) {
    near.delete(life, farKey);
  }

  private void keepWithoutRedis(String farKey, V value, long millis) {
    TimeSource time = life.timeSource();
    near.set(
        life,
        farKey,
        Copy.of(value, time.nanoTime() + Loads.nanos(millis)),
        Duration.ofMillis(millis));
  }

  // ---- the rest

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

  private static CompletionStage<Boolean> staged(
      Context ctx, Supplier<CompletionStage<Boolean>> change) {
    try {
      return Answer.of(ctx, change.get());
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private static <T extends @Nullable Object> T await(Context ctx, CompletionStage<T> stage) {
    try {
      return ctx.await(stage);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CallInterruptedException(interrupted);
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      if (cause != null && Failures.unwrap(cause) instanceof RuntimeException raw) {
        throw raw;
      }
      throw new IllegalStateException(failed);
    }
  }
}
