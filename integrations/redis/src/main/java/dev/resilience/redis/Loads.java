package dev.resilience.redis;

import dev.resilience.cache.AsyncLoader;
import dev.resilience.cache.Loader;
import dev.resilience.context.Context;
import dev.resilience.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the near tier loads: from Redis, and if that has nothing, from the user's loader, whose value
 * then fills Redis.
 */
final class Loads<V extends @Nullable Object> {

  private final Far far;
  private final ValueCodec<V> codec;
  private final TimeSource time;
  private final Terms terms;

  /**
   * For how long, in milliseconds.
   *
   * @param value a value is kept in Redis
   * @param absence it is kept there that there is none; 0: not at all
   * @param away what comes without Redis is kept near
   */
  record Terms(long value, long absence, long away) {}

  Loads(Far far, ValueCodec<V> codec, TimeSource time, Terms terms) {
    this.far = far;
    this.codec = codec;
    this.time = time;
    this.terms = terms;
  }

  /** Redis and nothing else. */
  AsyncLoader<String, Copy<V>> look() {
    return (ctx, farKey) ->
        far.read(ctx, farKey)
            .thenApply(
                found -> {
                  Copy<V> there = copyOf(found);
                  return there == null ? Copy.unknown(time.nanoTime()) : there;
                });
  }

  <K> Loader<String, Copy<V>> by(Function<String, K> key, Loader<? super K, ? extends V> loader) {
    return (ctx, farKey) -> {
      Found found = ctx.await(far.read(ctx, farKey));
      Copy<V> there = copyOf(found);
      return there != null
          ? there
          : ctx.await(loaded(ctx, farKey, found, loader.load(ctx, key.apply(farKey))));
    };
  }

  <K> AsyncLoader<String, Copy<V>> stagedBy(
      Function<String, K> key, AsyncLoader<? super K, V> loader) {
    return (ctx, farKey) ->
        far.read(ctx, farKey)
            .thenCompose(
                found -> {
                  Copy<V> there = copyOf(found);
                  return there != null
                      ? CompletableFuture.completedFuture(there)
                      : begin(ctx, key.apply(farKey), loader)
                          .thenCompose(value -> loaded(ctx, farKey, found, value));
                });
  }

  private <K> CompletionStage<V> begin(Context ctx, K key, AsyncLoader<? super K, V> loader) {
    try {
      CompletionStage<V> stage = loader.load(ctx, key);
      if (stage == null) {
        throw new NullPointerException("the loader returned null (expected: a CompletionStage)");
      }
      return stage;
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }

  private @Nullable Copy<V> copyOf(Found found) {
    if (Stored.isAbsence(found.raw())) {
      return Copy.absence(found.deadline());
    }
    byte[] encoded = Stored.valueIn(found.raw());
    if (encoded == null) {
      return null;
    }
    try {
      return Copy.of(codec.decode(encoded), found.deadline());
    } catch (RuntimeException unknown) {
      return null;
    }
  }

  private CompletionStage<Copy<V>> loaded(Context ctx, String farKey, Found found, V value) {
    long keptFor = value == null ? terms.absence() : terms.value();
    long now = time.nanoTime();
    if (keptFor == 0) {
      return CompletableFuture.completedFuture(Copy.of(value, now));
    }
    if (!found.isThere()) {
      // Nobody tells of changes.
      return CompletableFuture.completedFuture(
          Copy.of(value, now + nanos(Math.min(keptFor, terms.away()))));
    }
    byte[] raw = value == null ? Stored.absence() : Stored.value(codec.encode(value));
    return far.fill(ctx, farKey, found, raw, keptFor)
        // Where nothing was stored there may be something newer: handed out, and not kept.
        .thenApply(filled -> Copy.of(value, filled ? now + nanos(keptFor) : now));
  }

  static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
