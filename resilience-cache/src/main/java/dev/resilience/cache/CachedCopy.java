package dev.resilience.cache;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a reader gets: it does not change while the reader looks at it. */
record CachedCopy<V extends @Nullable Object>(
    V value, Duration age, Freshness freshness, Optional<Throwable> failure) implements Cached<V> {

  /** Values are the user's and may not be meant for logs. */
  @Override
  public String toString() {
    return "cached value (" + freshness + ", " + DurationText.of(age) + " old)";
  }
}
