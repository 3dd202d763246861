package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.stats.CacheStats;

/**
 * The figures of a cache at one moment. Those of several fields need not be of the very same one.
 *
 * @param name of the cache
 * @param stats Caffeine's hits, misses and evictions, which are zero unless the builder of Caffeine
 *     was told {@code recordStats()}, and this cache's loads and load times. A stale entry that
 *     could not be served counts as a miss
 * @param size about how many entries there are, stale ones and remembered failures included
 * @param loading how many loads are under way
 * @param waiting how many callers wait for them
 * @param callersLeft how many callers have left before their load was over, so far
 * @param loadsAbandoned how many loads were cancelled because the last caller had left, so far
 * @param loadsDiscarded how many loads were not stored because their key was set or deleted
 *     meanwhile, so far
 * @param loadsLeftBehind how many loaders still run, or have stages that are not complete, although
 *     their load is over: they ignore that their context has ended
 * @param refreshes how many loads were started in the background, so far
 * @param staleServed how often a value was served past its time to live, so far
 */
public record CacheSnapshot(
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
    long staleServed) {}
