package dev.resilience.cache;

import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What Caffeine keeps for a key: a value, or that there is none, or a failure that is remembered.
 *
 * <p>Caffeine reads the clock on each hit and shows it to {@link EntryExpiry}, which leaves a mark
 * here once the entry needs more than to be handed out. So a hit reads no clock a second time.
 */
final class Entry<V extends @Nullable Object> implements Cached<V> {

  private final V value;
  private final ExpiryConfig config;
  private final long writtenAt;
  private final long refreshAt;
  private final long freshUntil;

  /** Set where this remembers that a load has failed; then there is no value. */
  final @Nullable Throwable remembered;

  /**
   * Whether a reader has to look closer. Not volatile: the reader that finds it due sets it itself,
   * inside the same read of the cache.
   */
  private boolean markedDue;

  private volatile @Nullable LastFailure lastFailure;

  private Entry(
      V value,
      @Nullable Throwable remembered,
      ExpiryConfig config,
      long now,
      long refreshAfter,
      long freshFor) {
    this.value = value;
    this.remembered = remembered;
    this.config = config;
    this.writtenAt = now;
    this.refreshAt = now + Math.min(refreshAfter, freshFor);
    this.freshUntil = now + freshFor;
    this.markedDue = value == null;
  }

  /** A value that was loaded, or set without a time to live of its own. */
  static <V extends @Nullable Object> Entry<V> of(V value, ExpiryConfig config) {
    if (value == null) {
      return new Entry<>(
          value, null, config, config.now(), TimeSource.MAX_AHEAD, config.absentFor());
    }
    double jitterFactor = config.jitterFactor();
    return new Entry<>(
        value,
        null,
        config,
        config.now(),
        ExpiryConfig.shortened(config.refreshAfter(), jitterFactor),
        ExpiryConfig.shortened(config.freshFor(), jitterFactor));
  }

  /** A value with a time to live of its own, to the nanosecond. */
  static <V extends @Nullable Object> Entry<V> of(V value, ExpiryConfig config, long freshFor) {
    return new Entry<>(value, null, config, config.now(), config.refreshAfter(), freshFor);
  }

  /** A failure that is to be remembered. */
  @SuppressWarnings("NullAway") // nobody reads the value of a failure
  static <V extends @Nullable Object> Entry<V> failed(Throwable failure, ExpiryConfig config) {
    return new Entry<>(
        null, failure, config, config.now(), TimeSource.MAX_AHEAD, config.failureFor());
  }

  @Override
  public V value() {
    return value;
  }

  /** Whether the value can be handed out as it is. No clock is read. */
  boolean isPlain() {
    return !markedDue;
  }

  /** On each read, with the clock that Caffeine has read. */
  void seenAt(long now) {
    if (!markedDue && now - refreshAt >= 0) {
      markedDue = true;
    }
  }

  /** Whether nobody has to load anything yet. */
  boolean isSettled(long now) {
    return now - refreshAt < 0;
  }

  boolean isFresh(long now) {
    return now - freshUntil < 0;
  }

  /** Whether there is a value that may be served although it is stale. */
  boolean mayBeServedWhileRevalidating(long now) {
    return value != null && now - freshUntil < config.staleWhileRevalidate();
  }

  /** Whether there is a value that may be served when a load has failed. */
  boolean mayBeServedOnError(long now) {
    return value != null && now - freshUntil < config.staleIfError();
  }

  /** Whether a load has failed just now. */
  boolean isPausing(long now) {
    LastFailure last = lastFailure;
    return last != null && now - last.at() < config.pause();
  }

  void loadFailed(Throwable cause, long now) {
    lastFailure = new LastFailure(cause, now);
  }

  /** How long Caffeine has to keep this. */
  long keepFor(long now) {
    long stale = value == null ? 0 : Math.max(config.staleWhileRevalidate(), config.staleIfError());
    return Math.max(0, Math.min(TimeSource.MAX_AHEAD, freshUntil - now + stale));
  }

  /** This as it is now. */
  Cached<V> at(long now, Freshness freshness) {
    return new CachedCopy<>(value, Duration.ofNanos(now - writtenAt), freshness, failure());
  }

  /** This as a reader finds it who starts no load. */
  Freshness freshnessAt(long now) {
    if (isFresh(now)) {
      return Freshness.FRESH;
    }
    return lastFailure == null ? Freshness.EXPIRED : Freshness.LOAD_FAILED;
  }

  @Override
  public Duration age() {
    return Duration.ofNanos(config.now() - writtenAt);
  }

  @Override
  public Freshness freshness() {
    return freshnessAt(config.now());
  }

  @Override
  public Optional<Throwable> failure() {
    LastFailure last = lastFailure;
    return last == null ? Optional.ofNullable(remembered) : Optional.of(last.cause());
  }

  /** Values are the user's and may not be meant for logs. */
  @Override
  public String toString() {
    return "entry of " + config.cache() + " (" + freshness() + ")";
  }

  private record LastFailure(Throwable cause, long at) {}
}
