package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.Expiry;
import org.jspecify.annotations.Nullable;

/** Tells Caffeine how long to keep an entry, which needs nothing but that. */
class EntryExpiry<K, V extends @Nullable Object> implements Expiry<K, Entry<V>> {

  @Override
  public final long expireAfterCreate(K key, Entry<V> entry, long now) {
    return entry.keepFor(now);
  }

  @Override
  public final long expireAfterUpdate(K key, Entry<V> entry, long now, long left) {
    return entry.keepFor(now);
  }

  @Override
  public long expireAfterRead(K key, Entry<V> entry, long now, long left) {
    return left;
  }

  /** For entries that are kept past the moment at which a reader has to look closer. */
  static final class Marking<K, V extends @Nullable Object> extends EntryExpiry<K, V> {

    @Override
    public long expireAfterRead(K key, Entry<V> entry, long now, long left) {
      entry.seenAt(now);
      return left;
    }
  }
}
