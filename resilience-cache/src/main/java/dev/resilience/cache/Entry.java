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
  private final Terms terms;
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

  private volatile @Nullable Trouble trouble;

  private Entry(
      V value,
      @Nullable Throwable remembered,
      Terms terms,
      long now,
      long refreshAfter,
      long freshFor) {
    this.value = value;
    this.remembered = remembered;
    this.terms = terms;
    this.writtenAt = now;
    this.refreshAt = now + Math.min(refreshAfter, freshFor);
    this.freshUntil = now + freshFor;
    this.markedDue = value == null;
  }

  /** A value that was loaded, or set without a time to live of its own. */
  static <V extends @Nullable Object> Entry<V> of(V value, Terms terms) {
    if (value == null) {
      return new Entry<>(value, null, terms, terms.now(), TimeSource.MAX_AHEAD, terms.absentFor());
    }
    double luck = terms.luck();
    return new Entry<>(
        value,
        null,
        terms,
        terms.now(),
        Terms.shortened(terms.refreshAfter(), luck),
        Terms.shortened(terms.freshFor(), luck));
  }

  /** A value with a time to live of its own, to the nanosecond. */
  static <V extends @Nullable Object> Entry<V> of(V value, Terms terms, long freshFor) {
    return new Entry<>(value, null, terms, terms.now(), terms.refreshAfter(), freshFor);
  }

  /** A failure that is to be remembered. */
  @SuppressWarnings("NullAway") // nobody reads the value of a failure
  static <V extends @Nullable Object> Entry<V> failed(Throwable failure, Terms terms) {
    return new Entry<>(null, failure, terms, terms.now(), TimeSource.MAX_AHEAD, terms.failureFor());
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
    return value != null && now - freshUntil < terms.staleWhileRevalidate();
  }

  /** Whether there is a value that may be served when a load has failed. */
  boolean mayBeServedOnError(long now) {
    return value != null && now - freshUntil < terms.staleIfError();
  }

  /** Whether a load has failed just now. */
  boolean isPausing(long now) {
    Trouble last = trouble;
    return last != null && now - last.at() < terms.pause();
  }

  void loadFailed(Throwable cause, long now) {
    trouble = new Trouble(cause, now);
  }

  /** How long Caffeine has to keep this. */
  long keepFor(long now) {
    long stale = value == null ? 0 : Math.max(terms.staleWhileRevalidate(), terms.staleIfError());
    return Math.max(0, Math.min(TimeSource.MAX_AHEAD, freshUntil - now + stale));
  }

  /** This as it is now. */
  Cached<V> at(long now, Freshness freshness) {
    return new Snapshot<>(value, Duration.ofNanos(now - writtenAt), freshness, failure());
  }

  /** This as a reader finds it who starts no load. */
  Freshness freshnessAt(long now) {
    if (isFresh(now)) {
      return Freshness.FRESH;
    }
    return trouble == null ? Freshness.EXPIRED : Freshness.LOAD_FAILED;
  }

  @Override
  public Duration age() {
    return Duration.ofNanos(terms.now() - writtenAt);
  }

  @Override
  public Freshness freshness() {
    return freshnessAt(terms.now());
  }

  @Override
  public Optional<Throwable> failure() {
    Trouble last = trouble;
    return last == null ? Optional.ofNullable(remembered) : Optional.of(last.cause());
  }

  /** Values are the user's and may not be meant for logs. */
  @Override
  public String toString() {
    return "entry of " + terms.cache() + " (" + freshness() + ")";
  }

  private record Trouble(Throwable cause, long at) {}
}
