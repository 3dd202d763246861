package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.Cache;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The entries, in Caffeine. What is stored after the close goes nowhere. */
final class Store<K, V extends @Nullable Object> {

  final Cache<K, Entry<V>> entries;

  private volatile boolean closed;

  Store(Cache<K, Entry<V>> entries) {
    this.entries = entries;
  }

  boolean isClosed() {
    return closed;
  }

  /** The entry of a key, seen by neither statistics nor expiry. */
  @Nullable Entry<V> quietly(K key) {
    return entries.policy().getIfPresentQuietly(key);
  }

  void set(K key, Entry<V> entry) {
    entries.put(key, entry);
    if (closed) {
      entries.invalidate(key);
    }
  }

  /**
   * Stores what a load has brought, unless the key was set or deleted since the load began. Whoever
   * sets or deletes says so to the flight first, and only then changes the entry. Here both are
   * looked at while Caffeine holds the key still, so one of the two sees the other. A flight that
   * was launched in between has not been told, and sees that the entry is no longer what it found.
   *
   * @param entry null: the key is to have none any more
   * @return whether it was allowed to
   */
  boolean setLoaded(Flight<K, V> flight, @Nullable Entry<V> entry) {
    AtomicBoolean allowed = new AtomicBoolean();
    entries
        .asMap()
        .compute(
            flight.key,
            (key, old) -> {
              allowed.set(!closed && flight.mayReplace(old));
              return allowed.get() ? entry : old;
            });
    if (closed) {
      entries.invalidate(flight.key);
    }
    return allowed.get();
  }

  void close() {
    closed = true;
    entries.invalidateAll();
  }
}
