package dev.resilience.redis;

/**
 * Hears what happens between a cache and Redis. Called on threads of Lettuce and of loads, without
 * a lock; be quick. What it throws is contained and logged.
 */
@FunctionalInterface
public interface RedisCacheListener {

  /** Something happened. */
  void on(RedisCacheEvent event);
}
