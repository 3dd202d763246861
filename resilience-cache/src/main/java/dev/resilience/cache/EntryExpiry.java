package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.Expiry;
import org.jspecify.annotations.Nullable;

/** Tells Caffeine how long to keep an entry, and the entry what time it is. */
final class EntryExpiry<K, V extends @Nullable Object> implements Expiry<K, Entry<V>> {

  @Override
  public long expireAfterCreate(K key, Entry<V> entry, long now) {
    return entry.keepFor(now);
  }

  @Override
  public long expireAfterUpdate(K key, Entry<V> entry, long now, long left) {
    return entry.keepFor(now);
  }

  @Override
  public long expireAfterRead(K key, Entry<V> entry, long now, long left) {
    entry.seenAt(now);
    return left;
  }
}
