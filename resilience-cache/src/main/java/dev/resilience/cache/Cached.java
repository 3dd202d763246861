package dev.resilience.cache;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A value and what a reader should know of it.
 *
 * <p>What the methods of a cache return is a snapshot of the moment of reading. What weighers and
 * removal listeners of Caffeine see is the entry itself, whose age and freshness are read from the
 * clock when asked.
 *
 * @param <V> the value
 */
public sealed interface Cached<V extends @Nullable Object> permits Entry, CachedCopy {

  /** The value; null: it is known that there is none. */
  V value();

  /** The time since the value was loaded or set. */
  Duration age();

  /** Fresh or stale, and why. */
  Freshness freshness();

  /** Why the last load failed, where one has failed since the value came. */
  Optional<Throwable> failure();

  /** Whether the value is past its time to live. */
  default boolean isStale() {
    return freshness() != Freshness.FRESH;
  }
}
