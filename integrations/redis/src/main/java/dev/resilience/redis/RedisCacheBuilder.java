package dev.resilience.redis;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.cache.CacheClosedException;
import dev.resilience.cache.ContextCache;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.FixedTimeout;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says what a {@link RedisCache} does. Not thread-safe.
 *
 * @param <K> the keys
 * @param <V> the values
 */
public final class RedisCacheBuilder<K, V extends @Nullable Object> {

  private final String name;
  private final Context owner;
  private final RedisURI uri;
  private @Nullable ValueCodec<V> codec;
  private Function<? super K, String> keyName = String::valueOf;
  private Caffeine<Object, Object> caffeine = Caffeine.newBuilder().maximumSize(10_000);
  private long timeToLive = Duration.ofMinutes(10).toMillis();
  private long absentFor;
  private Duration nearFor = Duration.ofMinutes(10);
  private long withoutRedis = Duration.ofSeconds(5).toMillis();
  private Duration loadLimit = Duration.ofSeconds(10);
  private Duration commandLimit = Duration.ofMillis(200);
  private RedisListener listener = (cache, available, reason) -> {};

  RedisCacheBuilder(String name, Context owner, RedisURI uri) {
    this.name = Objects.requireNonNull(name, "name");
    this.owner = Objects.requireNonNull(owner, "owner");
    this.uri = Objects.requireNonNull(uri, "uri");
  }

  /** Turns values into bytes. Must be given. */
  public RedisCacheBuilder<K, V> values(ValueCodec<V> newCodec) {
    codec = Objects.requireNonNull(newCodec, "values");
    return this;
  }

  /** The names of keys in Redis, behind the name of the cache. Default: {@code toString} */
  public RedisCacheBuilder<K, V> keys(Function<? super K, String> newKeyName) {
    keyName = Objects.requireNonNull(newKeyName, "keys");
    return this;
  }

  /**
   * How many near copies there are, and their statistics; as for {@link
   * dev.resilience.cache.ContextCacheBuilder#caffeine}. Default: 10,000
   */
  public RedisCacheBuilder<K, V> near(Caffeine<Object, Object> builder) {
    caffeine = Objects.requireNonNull(builder, "near");
    return this;
  }

  /**
   * How long Redis keeps a value, in whole milliseconds.
   *
   * @param time at least 1 ms. Default: 10 min
   */
  public RedisCacheBuilder<K, V> timeToLive(Duration time) {
    timeToLive = millis(time, "timeToLive");
    return this;
  }

  /**
   * How long it is remembered, in Redis and near, that there is no value, when a loader returns
   * null.
   *
   * @param time at least 1 ms. Default: not at all, the next caller asks again
   */
  public RedisCacheBuilder<K, V> rememberAbsence(Duration time) {
    absentFor = millis(time, "rememberAbsence");
    return this;
  }

  /**
   * How long a near copy is kept, and never longer than the far one.
   *
   * @param time at least 1 ms. Default: 10 min
   */
  public RedisCacheBuilder<K, V> nearFor(Duration time) {
    nearFor = atLeastOneMilli(time, "nearFor");
    return this;
  }

  /**
   * How long a value is kept that was loaded or set while Redis was not there: so much older than
   * allowed may it be, when another machine has changed it.
   *
   * @param time at least 1 ms. Default: 5 s
   */
  public RedisCacheBuilder<K, V> keepWithoutRedis(Duration time) {
    withoutRedis = millis(time, "keepWithoutRedis");
    return this;
  }

  /**
   * How long a load may take, Redis included.
   *
   * @param time at least 1 ms. Default: 10 s
   */
  public RedisCacheBuilder<K, V> loadLimit(Duration time) {
    loadLimit = atLeastOneMilli(time, "loadLimit");
    return this;
  }

  /**
   * How long Redis may take for one command.
   *
   * @param time at least 1 ms. Default: 200 ms
   */
  public RedisCacheBuilder<K, V> commandLimit(Duration time) {
    commandLimit = atLeastOneMilli(time, "commandLimit");
    return this;
  }

  /** Hears whether Redis is there. Default: nobody. */
  public RedisCacheBuilder<K, V> listener(RedisListener newListener) {
    listener = Objects.requireNonNull(newListener, "listener");
    return this;
  }

  /**
   * The cache. Connects in the background, and again whenever it has to.
   *
   * @throws IllegalStateException if there is no codec for the values
   * @throws IllegalArgumentException if the owner is not on the system's time, which Redis is on
   */
  public RedisCache<K, V> build() {
    ValueCodec<V> values = codec;
    if (values == null) {
      throw new IllegalStateException("values: not given (expected: a ValueCodec)");
    }
    if (owner.timeSource() != TimeSource.system()) {
      throw new IllegalArgumentException(
          "owner: a context on " + owner.timeSource() + " (expected: on the system's time)");
    }
    CancellableContext life = owner.withCancel();
    ContextCache<String, Copy<V>> near =
        ContextCache.<String, Copy<V>>builder(name, life)
            .caffeine(caffeine)
            .expiryJitter(0)
            .expireAfterWrite(nearFor)
            .expireAfterWrite((key, copy) -> timeLeft(life, copy))
            .loadLimit(loadLimit)
            .build();
    AtomicReference<Far> known = new AtomicReference<>();
    Breaker breaker =
        Breaker.builder(name + " (Redis)")
            .window(10)
            .minimumCalls(3)
            .openFor(Duration.ofSeconds(1))
            .listener(
                event -> {
                  Far far = known.get();
                  if (far != null
                      && event instanceof PolicyEvent.CircuitChanged changed
                      && changed.to() == PolicyEvent.Circuit.OPEN) {
                    far.leave("the circuit is open: " + changed.reason());
                  }
                })
            .build();
    Far far =
        new Far(
            name,
            uri,
            life,
            Resilience.of(breaker, FixedTimeout.of(commandLimit)),
            commandLimit,
            loadLimit,
            new NearCopies(near, life),
            listener);
    known.set(far);
    life.onDone(far::close);
    far.connect();
    return new RedisCache<>(
        life, near, far, keyName, values, new Loads.Terms(timeToLive, absentFor, withoutRedis));
  }

  private static Duration timeLeft(Context life, Copy<?> copy) {
    return Duration.ofNanos(copy.deadline() - life.timeSource().nanoTime());
  }

  /** What the far tier does to the near one. A closed one has nothing to lose. */
  private record NearCopies(ContextCache<String, ?> near, Context life) implements Far.NearTier {

    @Override
    public void delete(String key) {
      unlessClosed(() -> near.delete(life, key));
    }

    @Override
    public void clear() {
      unlessClosed(() -> near.clear(life));
    }

    private void unlessClosed(Runnable change) {
      if (!life.isDone()) {
        try {
          change.run();
        } catch (CacheClosedException | dev.resilience.context.ContextException closed) {
          // Between the look and the change.
        }
      }
    }
  }

  /** A part of a millisecond is cut off, so that no near copy has more time than the far one. */
  static long millis(Duration time, String argument) {
    return TimeUnit.NANOSECONDS.toMillis(Deadline.saturatedNanos(atLeastOneMilli(time, argument)));
  }

  private static Duration atLeastOneMilli(Duration time, String argument) {
    if (Objects.requireNonNull(time, argument).compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(argument + ": " + time + " (expected: >= 1 ms)");
    }
    return time;
  }
}
