package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.stats.CacheStats;

/**
 * The figures of a cache at one moment. Those of several accessors need not be of the very same
 * one. Immutable.
 */
public final class CacheSnapshot {

  private final String name;
  private final CacheStats stats;
  private final long size;
  private final int loading;
  private final int waiting;
  private final long callersLeft;
  private final long loadsAbandoned;
  private final long loadsDiscarded;
  private final long loadsLeftBehind;
  private final long refreshes;
  private final long staleServed;

  CacheSnapshot(
      String name,
      CacheStats stats,
      long size,
      int loading,
      int waiting,
      long callersLeft,
      long loadsAbandoned,
      long loadsDiscarded,
      long loadsLeftBehind,
      long refreshes,
      long staleServed) {
    this.name = name;
    this.stats = stats;
    this.size = size;
    this.loading = loading;
    this.waiting = waiting;
    this.callersLeft = callersLeft;
    this.loadsAbandoned = loadsAbandoned;
    this.loadsDiscarded = loadsDiscarded;
    this.loadsLeftBehind = loadsLeftBehind;
    this.refreshes = refreshes;
    this.staleServed = staleServed;
  }

  /** The name of the cache. */
  public String name() {
    return name;
  }

  /**
   * Caffeine's hits, misses and evictions, which are zero unless the builder of Caffeine was told
   * {@code recordStats()}, and this cache's loads and load times. A stale entry that could not be
   * served counts as a miss.
   */
  public CacheStats stats() {
    return stats;
  }

  /** Approximate number of entries, stale ones and remembered failures included. */
  public long size() {
    return size;
  }

  /** Number of loads under way. */
  public int loading() {
    return loading;
  }

  /** Number of callers that wait for them. */
  public int waiting() {
    return waiting;
  }

  /** How many callers have left before their load was over, so far. */
  public long callersLeft() {
    return callersLeft;
  }

  /** How many loads were cancelled because the last caller had left, so far. */
  public long loadsAbandoned() {
    return loadsAbandoned;
  }

  /** How many loads were not stored because their key was set or deleted meanwhile, so far. */
  public long loadsDiscarded() {
    return loadsDiscarded;
  }

  /**
   * Number of loaders that still run, or have stages that are not complete, although their load is
   * over: they ignore that their context has ended.
   */
  public long loadsLeftBehind() {
    return loadsLeftBehind;
  }

  /** How many loads were started in the background, so far. */
  public long refreshes() {
    return refreshes;
  }

  /** How often a value was served past its time to live, so far. */
  public long staleServed() {
    return staleServed;
  }

  @Override
  public String toString() {
    return "cache '%s': %d entries, %d loading, %d waiting, %s; callers left %d, loads abandoned %d,"
            .formatted(name, size, loading, waiting, stats, callersLeft, loadsAbandoned)
        + " discarded %d, left behind %d; refreshes %d, stale served %d"
            .formatted(loadsDiscarded, loadsLeftBehind, refreshes, staleServed);
  }
}
