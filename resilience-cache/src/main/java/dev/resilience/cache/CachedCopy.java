package dev.resilience.cache;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a reader gets: it does not change while the reader looks at it. */
record CachedCopy<V extends @Nullable Object>(
    V value, Duration age, Freshness freshness, Optional<Throwable> failure) implements Cached<V> {}
