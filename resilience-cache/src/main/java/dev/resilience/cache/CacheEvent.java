package dev.resilience.cache;

import dev.resilience.text.SafeText;
import java.time.Duration;

/** What a cache did. Nothing is told, or made, for a plain hit. */
public sealed interface CacheEvent {

  /** The name of the cache. */
  String cache();

  /** The key. */
  Object key();

  /**
   * A load has brought a value, or that there is none.
   *
   * @param cache the name of the cache
   * @param key the key
   * @param took how long it took
   * @param discarded whether it was not stored, because the key was set or deleted meanwhile
   */
  record Loaded(String cache, Object key, Duration took, boolean discarded) implements CacheEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A load has failed, or has passed its limit.
   *
   * @param cache the name of the cache
   * @param key the key
   * @param took how long it took
   * @param cause what it failed with
   */
  record LoadFailed(String cache, Object key, Duration took, Throwable cause)
      implements CacheEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A load was cancelled, because the last caller that waited for it has left.
   *
   * @param cache the name of the cache
   * @param key the key
   */
  record LoadAbandoned(String cache, Object key) implements CacheEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A value was served past its time to live.
   *
   * @param cache the name of the cache
   * @param key the key
   * @param age since it was loaded or set
   * @param freshness why it is stale
   */
  record StaleServed(String cache, Object key, Duration age, Freshness freshness)
      implements CacheEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }
}
