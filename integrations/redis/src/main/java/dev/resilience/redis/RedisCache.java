package dev.resilience.redis;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.cache.AsyncLoader;
import dev.resilience.cache.BatchLoader;
import dev.resilience.cache.CacheClosedException;
import dev.resilience.cache.Cached;
import dev.resilience.cache.ContextCache;
import dev.resilience.cache.Fetched;
import dev.resilience.cache.LoadException;
import dev.resilience.cache.Loader;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.Failures;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.retry.Backoff;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.FixedTimeout;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ContextCache} in each machine, and behind it one Redis that they share.
 *
 * <pre>{@code
 * var users = RedisCache.<UserId, String>builder("users")
 *     .uri(RedisURI.create("redis://cache"))
 *     .keys(KeyCodec.parts(id -> List.of(id.tenant(), id.number())))
 *     .values(ValueCodec.strings())
 *     .expireAfterWrite(ofMinutes(10))
 *     .open(app);
 *
 * users.awaitRedis(startup);
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
 * #isRedisAvailable} turns false, a listener and the log hear of it and why, all near copies go,
 * and the cache loads by itself and keeps what it loads for a short time, because nobody tells it
 * of changes. What is set or deleted here meanwhile is deleted in Redis before that is used again;
 * a process that dies before leaves the old value there, at most for its time to live.
 *
 * <p>Thread-safe. The owner must be on the system's time. Callers get no error because of Redis.
 *
 * @param <K> the keys, with {@code equals} and {@code hashCode}, or arrays
 * @param <V> the values; say {@code @Nullable} where loaders may return null for "there is none"
 */
public final class RedisCache<K, V extends @Nullable Object> implements AutoCloseable {

  private final CancellableContext life;
  private final ContextCache<String, NearEntry<K, V>> near;
  private final RedisTier tier;
  private final RedisConnector connector;
  private final Availability availability;
  private final Reports reports;
  private final TwoTierLoader<K, V> loaders;
  private final KeyCodec<K> keys;
  private final ValueCodec<V> values;
  private final TwoTierLoader.Lifetimes lifetimes;

  private RedisCache(
      Builder<K, V> builder,
      CancellableContext life,
      KeyCodec<K> keys,
      ValueCodec<V> values,
      RedisURI uri) {
    TimeSource time = life.timeSource();
    RedisNames names = new RedisNames(builder.name);
    this.life = life;
    this.keys = keys;
    this.values = values;
    this.lifetimes =
        new TwoTierLoader.Lifetimes(builder.expiry, builder.absentFor, builder.withoutRedis);
    this.reports = new Reports(builder.name, time.executor(), builder.listener);
    this.availability = new Availability(reports);
    this.near = builder.near(life);
    Invalidations invalidations = new Invalidations(new NearCopies(near, life));
    Resilience limited = Resilience.of(FixedTimeout.of(builder.commandTimeout));
    this.connector =
        new RedisConnector(
            names,
            uri,
            builder.resources,
            life,
            Resilience.of(FixedTimeout.of(builder.greetingTimeout())),
            builder.backoff,
            () -> RedisTier.markMillis(builder.loadTimeout),
            new MissedChanges(builder.maxMissedChanges, Builder.MAX_MISSED_CHARACTERS),
            invalidations,
            availability,
            reports);
    Breaker breaker = breaker(builder.name, connector);
    this.tier =
        new RedisTier(
            life,
            Resilience.of(breaker, FixedTimeout.of(builder.commandTimeout)),
            limited,
            builder.loadTimeout,
            builder.maxValueBytes,
            connector,
            invalidations,
            reports);
    this.loaders = new TwoTierLoader<>(tier, values, time, lifetimes, reports);
  }

  private static Breaker breaker(String name, RedisConnector connector) {
    return Breaker.builder(name + " (Redis)")
        .window(10)
        .minimumCalls(3)
        .openFor(Duration.ofSeconds(1))
        .listener(
            event -> {
              if (event instanceof PolicyEvent.CircuitChanged changed
                  && changed.to() == PolicyEvent.Circuit.OPEN) {
                connector.leave("the circuit is open: " + changed.reason());
              }
            })
        .build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for messages, and the prefix of the keys in Redis, <code>{name}:key</code>; without
   *     braces
   */
  public static <K, V extends @Nullable Object> Builder<K, V> builder(String name) {
    return new Builder<>(name);
  }

  // ---- reading what is there

  /**
   * The value of a key, if there is a near copy or one in Redis. Loads nothing, but waits for a
   * load that is under way in this machine.
   *
   * @return null: none, or it is known that there is none
   * @throws dev.resilience.context.ContextException if {@code ctx} ends before Redis has answered
   * @throws CacheClosedException if the cache is closed
   */
  public @Nullable V get(Context ctx, K key) {
    NearEntry<K, V> entry = near.get(ctx, name(key));
    return entry != null ? checked(key, entry).value() : await(ctx, getAsync(ctx, key));
  }

  /** As {@link #get}, without waiting. The stage fails with the raw failure. */
  @SuppressWarnings("NullAway") // does not see that this stage may bring null
  public CompletionStage<@Nullable V> getAsync(Context ctx, K key) {
    return chained(
        chain ->
            chain.ask(
                near.getOrFetchAsync(ctx, name(key), loaders.look(any -> key)),
                entry -> chain.give(checked(key, entry).value()),
                failure -> {
                  if (failure instanceof LoadException) {
                    // Of a load that somebody else has begun.
                    chain.give(null);
                  } else {
                    chain.fail(failure);
                  }
                }));
  }

  /**
   * The values of several keys that have a near copy or one in Redis, in their order; keys without
   * one are left out, and those for which Redis has not answered when the deadline passes.
   *
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended before, or is
   *     cancelled
   * @throws CacheClosedException if the cache is closed
   */
  public Map<K, V> getAll(Context ctx, Iterable<? extends K> keys) {
    // Ends by itself with what there is when the deadline passes.
    return await(Context.background(), getAllAsync(ctx, keys));
  }

  /** As {@link #getAll}, without waiting. */
  public CompletionStage<Map<K, V>> getAllAsync(Context ctx, Iterable<? extends K> keys) {
    return chained(
        chain -> {
          BatchState<K, V> batch = new BatchState<>(keys, this::name);
          look(chain, ctx, batch, () -> chain.give(batch.values()));
        });
  }

  private void look(StageChain<?> chain, Context ctx, BatchState<K, V> batch, Runnable then) {
    chain.ask(
        near.fetchAllAsync(ctx, batch.open(), loaders.look(batch::key)),
        fetched -> {
          batch.add(fetched);
          then.run();
        });
  }

  // ---- reading what may have to be loaded

  /**
   * The value of a key: the near copy, or the one in Redis, or loaded.
   *
   * @param loader as for {@link ContextCache#getOrFetch(Context, Object, Loader)}; may return null,
   *     which is stored as the builder says
   * @throws dev.resilience.context.ContextException if {@code ctx} ends before the value is there
   * @throws LoadException if the load fails
   * @throws CacheClosedException if the cache is closed
   */
  public V getOrFetch(Context ctx, K key, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    String farKey = name(key);
    Loader<String, NearEntry<K, V>> work = loaders.by(any -> key, loader);
    NearEntry<K, V> entry = near.getOrFetch(ctx, farKey, work);
    while (!checked(key, entry).isKnown()) {
      // It was the flight of one who only looks.
      entry = near.getOrFetch(ctx, farKey, work);
    }
    return entry.value();
  }

  /**
   * As {@link #getOrFetch(Context, Object, Loader)}, loaded together with other keys.
   *
   * @param loader asked at most once
   */
  public V getOrFetch(Context ctx, K key, BatchLoader<? super K, V> loader) {
    return await(ctx, getOrFetchAsync(ctx, key, loader));
  }

  /**
   * As {@link #getOrFetch(Context, Object, Loader)}, without waiting. The stage fails with the raw
   * failure, and to cancel its future is to leave.
   *
   * @param loader as for {@link ContextCache#getOrFetchAsync}
   */
  public CompletionStage<V> getOrFetchAsync(Context ctx, K key, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    return chained(chain -> ask(chain, ctx, key, loaders.stagedBy(any -> key, loader)));
  }

  private void ask(
      StageChain<V> chain, Context ctx, K key, AsyncLoader<String, NearEntry<K, V>> work) {
    chain.ask(
        near.getOrFetchAsync(ctx, name(key), work),
        entry -> {
          if (checked(key, entry).isKnown()) {
            chain.give(entry.value());
          } else {
            ask(chain, ctx, key, work);
          }
        });
  }

  /**
   * The values of several keys, as many as there are when the deadline of {@code ctx} passes; see
   * {@link ContextCache#fetchAll(Context, Iterable, Loader)}. Redis is asked for all of them at
   * once, then the rest is loaded, so many at once as the builder allows.
   *
   * @param keys each once
   * @param loader called at most once for each key
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended before, or is
   *     cancelled
   * @throws CacheClosedException if the cache is closed
   */
  public Fetched<K, V> fetchAll(
      Context ctx, Iterable<? extends K> keys, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    BatchState<K, V> batch = new BatchState<>(keys, this::name);
    // Ends by itself with what there is when the deadline passes.
    await(
        Context.background(),
        this.<Boolean>chained(chain -> look(chain, ctx, batch, () -> chain.give(true))));
    Loader<String, NearEntry<K, V>> work = loaders.by(batch::key, loader);
    while (batch.mustAskAgain(ctx)) {
      batch.add(near.fetchAll(ctx, batch.open(), work));
    }
    return batch.fetched();
  }

  /**
   * As {@link #fetchAll(Context, Iterable, Loader)}, with few calls for many keys.
   *
   * @param keys each once
   * @param loader asked at most once for each key
   */
  public Fetched<K, V> fetchAll(
      Context ctx, Iterable<? extends K> keys, BatchLoader<? super K, V> loader) {
    return await(Context.background(), fetchAllAsync(ctx, keys, loader));
  }

  /**
   * As {@link #fetchAll(Context, Iterable, Loader)}, without waiting.
   *
   * @param keys each once
   * @param loader called at most once for each key
   */
  public CompletionStage<Fetched<K, V>> fetchAllAsync(
      Context ctx, Iterable<? extends K> keys, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    return chained(
        chain -> {
          BatchState<K, V> batch = new BatchState<>(keys, this::name);
          var work = loaders.stagedBy(batch::key, loader);
          look(chain, ctx, batch, () -> askAll(chain, ctx, batch, work));
        });
  }

  private void askAll(
      StageChain<Fetched<K, V>> chain,
      Context ctx,
      BatchState<K, V> batch,
      AsyncLoader<String, NearEntry<K, V>> work) {
    if (!batch.mustAskAgain(ctx)) {
      chain.give(batch.fetched());
      return;
    }
    chain.ask(
        near.fetchAllAsync(ctx, batch.open(), work),
        fetched -> {
          batch.add(fetched);
          askAll(chain, ctx, batch, work);
        });
  }

  // ---- writing

  /**
   * Sets a value, for all machines.
   *
   * @return whether Redis has it; if not, it is a near copy for a short time
   * @throws RuntimeException what the codec throws; nothing has changed then
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first; the value may be set
   * @throws CacheClosedException if the cache is closed
   */
  public boolean set(Context ctx, K key, V value) {
    return await(ctx, change(ctx, key, value, lifetimes.value()));
  }

  /**
   * Sets a value with a time to live of its own, for all machines.
   *
   * @param timeToLive in Redis, at least 1 ms
   * @return as {@link #set(Context, Object, Object)}
   */
  public boolean set(Context ctx, K key, V value, Duration timeToLive) {
    return await(ctx, change(ctx, key, value, Builder.millis(timeToLive, "timeToLive")));
  }

  /** As {@link #set(Context, Object, Object)}, without waiting. */
  public CompletionStage<Boolean> setAsync(Context ctx, K key, V value) {
    return staged(ctx, () -> change(ctx, key, value, lifetimes.value()));
  }

  /**
   * As {@link #set(Context, Object, Object, Duration)}, without waiting.
   *
   * @param timeToLive in Redis, at least 1 ms
   */
  public CompletionStage<Boolean> setAsync(Context ctx, K key, V value, Duration timeToLive) {
    long millis = Builder.millis(timeToLive, "timeToLive");
    return staged(ctx, () -> change(ctx, key, value, millis));
  }

  /**
   * Deletes a key, for all machines.
   *
   * @return whether Redis has deleted it; if not, it will before it is used again
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first; the key may be
   *     deleted
   * @throws CacheClosedException if the cache is closed
   */
  public boolean delete(Context ctx, K key) {
    return await(ctx, change(ctx, key));
  }

  /** As {@link #delete}, without waiting. */
  public CompletionStage<Boolean> deleteAsync(Context ctx, K key) {
    return staged(ctx, () -> change(ctx, key));
  }

  private CompletionStage<Boolean> change(Context ctx, K key, V value, long millis) {
    Objects.requireNonNull(value, "value");
    // A codec that hangs is interrupted when the caller's context ends.
    byte[] encoded =
        ctx.<byte[], RuntimeException>interruptibly(
            () ->
                Objects.requireNonNull(
                    values.encode(value), "the codec encoded to null (expected: bytes)"));
    String farKey = name(key);
    near.delete(ctx, farKey);
    return set(farKey, key, encoded, millis)
        .thenApplyAsync(
            there -> {
              forget(farKey);
              if (!there) {
                keepWithoutRedis(farKey, key, value, Math.min(millis, lifetimes.withoutRedis()));
              }
              return there;
            },
            life.timeSource().executor());
  }

  private CompletionStage<Boolean> set(String farKey, K key, byte[] encoded, long millis) {
    if (tier.takes(encoded)) {
      return tier.set(farKey, encoded, millis);
    }
    reports.tooLarge(key, encoded.length);
    return tier.delete(farKey).thenApply(deleted -> false);
  }

  private CompletionStage<Boolean> change(Context ctx, K key) {
    String farKey = name(key);
    near.delete(ctx, farKey);
    return tier.delete(farKey)
        .thenApplyAsync(
            there -> {
              forget(farKey);
              return there;
            },
            life.timeSource().executor());
  }

  /**
   * Redis does not tell us of our own changes, and a read may have brought the old value meanwhile.
   */
  private void forget(String farKey) {
    near.delete(life, farKey);
  }

  private void keepWithoutRedis(String farKey, K key, V value, long millis) {
    TimeSource time = life.timeSource();
    near.set(
        life,
        farKey,
        NearEntry.of(key, value, time.nanoTime() + TwoTierLoader.nanos(millis)),
        Duration.ofMillis(millis));
  }

  // ---- the rest

  /** Whether Redis is in use. */
  public boolean isRedisAvailable() {
    return connector.line() != null;
  }

  /**
   * Waits until Redis is in use; until then reads load without it. For the start of a program.
   *
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first; {@link
   *     RedisCacheSnapshot#reason} says why Redis is not in use
   * @throws CacheClosedException if the cache is closed
   */
  public void awaitRedis(Context ctx) {
    await(ctx, awaitRedisAsync(ctx));
  }

  /** As {@link #awaitRedis}, without waiting. */
  public CompletionStage<@Nullable Void> awaitRedisAsync(Context ctx) {
    return availability.await(ctx);
  }

  /** The figures as they are now. Also for a closed cache. */
  public RedisCacheSnapshot snapshot() {
    return new RedisCacheSnapshot(near.snapshot(), availability.reason(), connector, reports);
  }

  /** Ends the cache and its connection. */
  @Override
  public void close() {
    life.close();
  }

  private String name(K key) {
    return RedisNames.farKey(
        Objects.requireNonNull(
            keys.encode(Objects.requireNonNull(key, "key")),
            "the key codec encoded to null (expected: bytes)"));
  }

  private static <K, V extends @Nullable Object> NearEntry<K, V> checked(
      K asked, NearEntry<K, V> entry) {
    SameName.check(asked, entry.key());
    return entry;
  }

  /** A chain of questions; what beginning it throws fails the stage. */
  private <T extends @Nullable Object> CompletionStage<T> chained(
      java.util.function.Consumer<StageChain<T>> questions) {
    StageChain<T> chain = new StageChain<>();
    try {
      questions.accept(chain);
    } catch (Throwable refused) {
      chain.fail(refused);
    }
    return chain.stage();
  }

  private static CompletionStage<Boolean> staged(
      Context ctx, Supplier<CompletionStage<Boolean>> change) {
    try {
      return StageChain.of(ctx, change.get());
    } catch (Throwable refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private static <T extends @Nullable Object> T await(Context ctx, CompletionStage<T> stage) {
    try {
      return ctx.await(stage);
    } catch (InterruptedException interrupted) {
      throw Failures.interrupted(ctx, interrupted);
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause() == null ? failed : Failures.unwrap(failed.getCause());
      if (cause instanceof RuntimeException raw) {
        throw raw;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(cause);
    }
  }

  /** What the far tier does to the near one. A closed one has nothing to lose. */
  private record NearCopies(ContextCache<String, ?> near, Context life)
      implements Invalidations.NearTier {

    @Override
    public void delete(String farKey) {
      unlessClosed(() -> near.delete(life, farKey));
    }

    @Override
    public void clear() {
      unlessClosed(() -> near.clear(life));
    }

    private void unlessClosed(Runnable change) {
      if (!life.isDone()) {
        try {
          change.run();
        } catch (CacheClosedException | ContextException closed) {
          // Between the look and the change.
        }
      }
    }
  }

  /**
   * Builds a {@link RedisCache}. Not thread-safe.
   *
   * @param <K> the keys
   * @param <V> the values
   */
  public static final class Builder<K, V extends @Nullable Object> {

    /** 4 MB, or 8 where names are not Latin. */
    static final long MAX_MISSED_CHARACTERS = 1 << 22;

    private final String name;
    private @Nullable RedisURI uri;
    private @Nullable ClientResources resources;
    private @Nullable ValueCodec<V> values;
    private KeyCodec<K> keys = KeyCodec.simple();
    private Caffeine<Object, Object> caffeine = Caffeine.newBuilder();
    private boolean sized;
    private long nearSize = 10_000;
    private @Nullable ToIntBiFunction<? super K, ? super V> weigher;
    private long expiry = Duration.ofMinutes(10).toMillis();
    private long absentFor;
    private Duration nearExpiry = Duration.ofMinutes(10);
    private long withoutRedis = Duration.ofSeconds(5).toMillis();
    private Duration loadTimeout = Duration.ofSeconds(10);
    private Duration commandTimeout = Duration.ofMillis(200);
    private int maxParallelLoads = 64;
    private int maxValueBytes = 1 << 20;
    private int maxMissedChanges = 10_000;
    private Backoff backoff =
        Backoff.exponential(Duration.ofMillis(200), Duration.ofSeconds(5)).withEqualJitter();
    private RedisCacheListener listener = event -> {};

    private Builder(String name) {
      this.name = Objects.requireNonNull(name, "name");
      RedisNames.check(name);
    }

    /** Where Redis is; version 6 or newer. Of a cluster, any node. Must be given. */
    public Builder<K, V> uri(RedisURI newUri) {
      uri = Objects.requireNonNull(newUri, "uri");
      return this;
    }

    /**
     * Lettuce's threads, to be shared by several caches. They are not shut down with the cache, and
     * have to live longer. Default: the cache has its own
     */
    public Builder<K, V> resources(ClientResources shared) {
      resources = Objects.requireNonNull(shared, "resources");
      return this;
    }

    /** Turns values into bytes. Must be given. */
    public Builder<K, V> values(ValueCodec<V> codec) {
      values = Objects.requireNonNull(codec, "values");
      return this;
    }

    /**
     * Turns keys into their names in Redis. Must be given unless keys are of the types of {@link
     * KeyCodec#simple}; others are refused.
     */
    public Builder<K, V> keys(KeyCodec<K> codec) {
      keys = Objects.requireNonNull(codec, "keys");
      return this;
    }

    /**
     * Maximum number of near copies.
     *
     * @param copies not negative. Default: 10,000
     */
    public Builder<K, V> nearMaximumSize(long copies) {
      nearSize = Arguments.requireNotNegative(copies, "nearMaximumSize");
      weigher = null;
      return this;
    }

    /**
     * Maximum weight of all near copies, instead of their number.
     *
     * @param weight not negative
     * @param newWeigher of a key and its value; not negative, and independent of time. That there
     *     is no value weighs 1. If it throws, the load has failed
     */
    public Builder<K, V> nearMaximumWeight(
        long weight, ToIntBiFunction<? super K, ? super V> newWeigher) {
      nearSize = Arguments.requireNotNegative(weight, "nearMaximumWeight");
      weigher = Objects.requireNonNull(newWeigher, "weigher");
      return this;
    }

    /** Counts hits and misses of the near tier. Default: not */
    public Builder<K, V> recordStats() {
      caffeine.recordStats();
      return this;
    }

    /** For tests that watch near copies go. */
    Builder<K, V> near(Caffeine<Object, Object> withSize) {
      caffeine = withSize;
      sized = true;
      return this;
    }

    /**
     * Time to live of a value in Redis, in whole milliseconds.
     *
     * @param time at least 1 ms. Default: 10 min
     */
    public Builder<K, V> expireAfterWrite(Duration time) {
      expiry = millis(time, "expireAfterWrite");
      return this;
    }

    /**
     * How long it is remembered, in Redis and near, that there is no value, when a loader returns
     * null.
     *
     * @param time at least 1 ms. Default: not at all, the next caller asks again
     */
    public Builder<K, V> rememberAbsence(Duration time) {
      absentFor = millis(time, "rememberAbsence");
      return this;
    }

    /**
     * Time to live of a near copy, which never outlives the far one.
     *
     * @param time at least 1 ms. Default: 10 min
     */
    public Builder<K, V> nearExpireAfterWrite(Duration time) {
      nearExpiry = atLeastOneMilli(time, "nearExpireAfterWrite");
      return this;
    }

    /**
     * Time to live of a value that was loaded or set while Redis was not there: so much older than
     * allowed may it be, when another machine has changed it.
     *
     * @param time at least 1 ms. Default: 5 s
     */
    public Builder<K, V> expireAfterWriteWithoutRedis(Duration time) {
      withoutRedis = millis(time, "expireAfterWriteWithoutRedis");
      return this;
    }

    /**
     * Time-out of a load, Redis included.
     *
     * @param timeout at least 1 ms. Default: 10 s
     */
    public Builder<K, V> loadTimeout(Duration timeout) {
      loadTimeout = atLeastOneMilli(timeout, "loadTimeout");
      return this;
    }

    /**
     * Time-out of one command to Redis.
     *
     * @param timeout at least 1 ms. Default: 200 ms
     */
    public Builder<K, V> commandTimeout(Duration timeout) {
      commandTimeout = atLeastOneMilli(timeout, "commandTimeout");
      return this;
    }

    /**
     * Maximum number of loads that one {@code fetchAll} has under way at once; see {@link
     * ContextCache.Builder#maxParallelLoads}.
     *
     * @param loads at least 1. Default: 64
     */
    public Builder<K, V> maxParallelLoads(int loads) {
      maxParallelLoads = Arguments.requireAtLeastOne(loads, "maxParallelLoads");
      return this;
    }

    /**
     * Maximum size of an encoded value in Redis. A larger one would hold up all commands behind it
     * on the one connection; it is kept near, and the listener hears of it.
     *
     * @param bytes at least 1. Default: 1 MB (2^20). What takes longer than {@code commandTimeout}
     *     to send counts as a failure of Redis
     */
    public Builder<K, V> maxValueBytes(int bytes) {
      maxValueBytes = Arguments.requireAtLeastOne(bytes, "maxValueBytes");
      return this;
    }

    /**
     * Maximum number of keys changed without Redis that are remembered one by one, some 150 bytes
     * each. Beyond it all values of this cache in Redis are given up when it is back.
     *
     * @param keys at least 1. Default: 10,000
     */
    public Builder<K, V> maxMissedChanges(int keys) {
      maxMissedChanges = Arguments.requireAtLeastOne(keys, "maxMissedChanges");
      return this;
    }

    /** Delays between attempts to connect. Default: 200 ms, doubled up to 5 s, equal jitter */
    public Builder<K, V> backoff(Backoff newBackoff) {
      backoff = Objects.requireNonNull(newBackoff, "backoff");
      return this;
    }

    /** Hears what happens between the cache and Redis. Default: nobody. */
    public Builder<K, V> listener(RedisCacheListener newListener) {
      listener = Objects.requireNonNull(newListener, "listener");
      return this;
    }

    /**
     * Opens the cache. It connects in the background, and again whenever it has to; see {@link
     * RedisCache#awaitRedis}.
     *
     * @param owner the cache ends with it; on the system's time
     * @throws IllegalStateException if there is no URI, or no codec for the values
     * @throws IllegalArgumentException if the owner is not on the system's time, which Redis is on
     */
    public RedisCache<K, V> open(Context owner) {
      Objects.requireNonNull(owner, "owner");
      RedisURI where = uri;
      ValueCodec<V> codec = values;
      if (where == null) {
        throw new IllegalStateException("uri: not given (expected: a RedisURI)");
      }
      if (codec == null) {
        throw new IllegalStateException("values: not given (expected: a ValueCodec)");
      }
      if (owner.timeSource() != TimeSource.system()) {
        throw new IllegalArgumentException(
            "owner: a context on "
                + SafeText.of(owner.timeSource())
                + " (expected: on the system's time)");
      }
      @SuppressWarnings("MustBeClosed") // closed by the cache
      CancellableContext life = owner.withCancel();
      RedisCache<K, V> cache = new RedisCache<>(this, life, keys, codec, where);
      life.onDone(cache.connector::close);
      cache.connector.connect();
      return cache;
    }

    /** Nobody waits for a greeting, so it may take longer than what somebody waits for. */
    private Duration greetingTimeout() {
      Duration second = Duration.ofSeconds(1);
      return commandTimeout.compareTo(second) > 0 ? commandTimeout : second;
    }

    private ContextCache<String, NearEntry<K, V>> near(Context life) {
      return ContextCache.<String, NearEntry<K, V>>builder(name)
          .caffeine(bounded())
          .expiryJitter(0)
          .expireAfterWrite(nearExpiry)
          .expireAfterWrite((farKey, entry) -> timeLeft(life, entry))
          .loadTimeout(loadTimeout)
          .maxParallelLoads(maxParallelLoads)
          .open(life);
    }

    private Caffeine<? super String, ? super Cached<NearEntry<K, V>>> bounded() {
      ToIntBiFunction<? super K, ? super V> weight = weigher;
      if (sized) {
        return caffeine;
      }
      return weight == null
          ? caffeine.maximumSize(nearSize)
          : caffeine
              .maximumWeight(nearSize)
              .weigher(
                  (String farKey, Cached<NearEntry<K, V>> cached) -> weigh(weight, cached.value()));
    }

    private static <K, V extends @Nullable Object> int weigh(
        ToIntBiFunction<? super K, ? super V> weigher, NearEntry<K, V> entry) {
      return entry.value() == null ? 1 : weigher.applyAsInt(entry.key(), entry.value());
    }

    private static Duration timeLeft(Context life, NearEntry<?, ?> entry) {
      return Duration.ofNanos(entry.deadline() - life.timeSource().nanoTime());
    }

    /** A part of a millisecond is cut off, so that no near copy has more time than the far one. */
    static long millis(Duration time, String argument) {
      return TimeUnit.NANOSECONDS.toMillis(Durations.toNanos(atLeastOneMilli(time, argument)));
    }

    private static Duration atLeastOneMilli(Duration time, String argument) {
      if (Objects.requireNonNull(time, argument).compareTo(Duration.ofMillis(1)) < 0) {
        throw new IllegalArgumentException(
            argument + ": " + DurationText.of(time) + " (expected: >= 1 ms)");
      }
      return time;
    }
  }
}
