package dev.resilience.redis;

import dev.resilience.cache.AsyncLoader;
import dev.resilience.cache.Loader;
import dev.resilience.context.Context;
import dev.resilience.time.TimeSource;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the near tier loads: from Redis, and if that has nothing, from the user's loader, whose value
 * then fills Redis. A codec that fails costs nobody the answer.
 *
 * <p>The user's code never runs on Lettuce's threads, which all commands need.
 */
final class TwoTierLoader<K, V extends @Nullable Object> {

  private final RedisTier tier;
  private final ValueCodec<V> codec;
  private final TimeSource time;
  private final Lifetimes lifetimes;
  private final Reports reports;

  /**
   * For how long, in milliseconds.
   *
   * @param value a value is kept in Redis
   * @param absence it is kept there that there is none; 0: not at all
   * @param withoutRedis what comes without Redis is kept near
   */
  record Lifetimes(long value, long absence, long withoutRedis) {}

  TwoTierLoader(
      RedisTier tier, ValueCodec<V> codec, TimeSource time, Lifetimes lifetimes, Reports reports) {
    this.tier = tier;
    this.codec = codec;
    this.time = time;
    this.lifetimes = lifetimes;
    this.reports = reports;
  }

  /** Redis and nothing else; all keys of a bulk read at once, in one pipeline. */
  AsyncLoader<String, NearEntry<K, V>> look(Function<String, K> key) {
    return new AsyncLoader<>() {
      @Override
      public CompletionStage<NearEntry<K, V>> load(Context ctx, String farKey) {
        return tier.read(ctx, farKey)
            .thenApplyAsync(reply -> there(farKey, reply), time.executor());
      }

      private NearEntry<K, V> there(String farKey, ReadReply reply) {
        K asked = key.apply(farKey);
        NearEntry<K, V> there = entry(asked, reply);
        if (there == null && StoredBytes.valueIn(reply.raw(), reply.generation()) != null) {
          tier.drop(farKey, reply);
        }
        return there == null ? NearEntry.unknown(asked, time.nanoTime()) : there;
      }

      @Override
      public boolean boundsItself() {
        return true;
      }
    };
  }

  Loader<String, NearEntry<K, V>> by(
      Function<String, K> key, Loader<? super K, ? extends V> loader) {
    return (ctx, farKey) -> {
      K asked = key.apply(farKey);
      ReadReply reply = ctx.await(tier.read(ctx, farKey));
      NearEntry<K, V> there = entry(asked, reply);
      return there != null
          ? there
          : ctx.await(loaded(ctx, farKey, asked, reply, loader.load(ctx, asked)));
    };
  }

  AsyncLoader<String, NearEntry<K, V>> stagedBy(
      Function<String, K> key, AsyncLoader<? super K, V> loader) {
    return new AsyncLoader<>() {
      @Override
      public CompletionStage<NearEntry<K, V>> load(Context ctx, String farKey) {
        K asked = key.apply(farKey);
        return tier.read(ctx, farKey)
            .thenComposeAsync(
                reply -> {
                  NearEntry<K, V> there = entry(asked, reply);
                  return there != null
                      ? CompletableFuture.completedFuture(there)
                      : begin(ctx, asked, loader)
                          .thenCompose(value -> loaded(ctx, farKey, asked, reply, value))
                          .thenApplyAsync(entry -> entry, time.executor());
                },
                time.executor());
      }

      @Override
      public boolean boundsItself() {
        return loader.boundsItself();
      }
    };
  }

  private CompletionStage<V> begin(Context ctx, K key, AsyncLoader<? super K, V> loader) {
    try {
      CompletionStage<V> stage = loader.load(ctx, key);
      if (stage == null) {
        throw new NullPointerException("the loader returned null (expected: a CompletionStage)");
      }
      return StageChain.of(ctx, stage);
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }

  /** What Redis has; null: nothing, or nothing that can be read. */
  private @Nullable NearEntry<K, V> entry(K key, ReadReply reply) {
    if (StoredBytes.isAbsence(reply.raw(), reply.generation())) {
      return NearEntry.absence(key, reply.deadline());
    }
    byte[] encoded = StoredBytes.valueIn(reply.raw(), reply.generation());
    if (encoded == null) {
      return null;
    }
    try {
      V value = codec.decode(encoded);
      return NearEntry.of(
          key,
          Objects.requireNonNull(value, "the codec decoded to null (expected: a value)"),
          reply.deadline());
    } catch (Throwable broken) {
      reports.undecodable(key, broken);
      return null;
    }
  }

  private CompletionStage<NearEntry<K, V>> loaded(
      Context ctx, String farKey, K key, ReadReply reply, V value) {
    long keptFor = value == null ? lifetimes.absence() : lifetimes.value();
    long now = time.nanoTime();
    if (keptFor == 0) {
      return CompletableFuture.completedFuture(NearEntry.of(key, value, now));
    }
    if (!reply.isThere()) {
      // Nobody tells of changes.
      return CompletableFuture.completedFuture(
          NearEntry.of(key, value, now + nanos(Math.min(keptFor, lifetimes.withoutRedis()))));
    }
    byte[] raw = raw(key, value, reply.generation());
    if (raw == null) {
      return CompletableFuture.completedFuture(nearOnly(key, reply, value, now, keptFor));
    }
    return tier.fill(ctx, farKey, reply, raw, keptFor)
        .thenApply(
            filled ->
                switch (filled) {
                  case YES -> NearEntry.of(key, value, now + nanos(keptFor));
                  case NO -> NearEntry.of(key, value, now); // handed out, and not kept
                  case REFUSED -> nearOnly(key, reply, value, now, keptFor);
                });
  }

  /** Redis does not have it, and tells of changes by others all the same. */
  private NearEntry<K, V> nearOnly(K key, ReadReply reply, V value, long now, long keptFor) {
    return NearEntry.of(key, value, tier.isCurrent(reply) ? now + nanos(keptFor) : now);
  }

  /** What to store; null: it cannot be. */
  private byte @Nullable [] raw(K key, V value, byte[] generation) {
    if (value == null) {
      return StoredBytes.absence(generation);
    }
    byte[] encoded;
    try {
      encoded =
          Objects.requireNonNull(
              codec.encode(value), "the codec encoded to null (expected: bytes)");
    } catch (Throwable broken) {
      reports.unencodable(key, broken);
      return null;
    }
    if (!tier.takes(encoded)) {
      reports.tooLarge(key, encoded.length);
      return null;
    }
    return StoredBytes.value(generation, encoded);
  }

  static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
