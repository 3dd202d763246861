package dev.resilience.redis;

/**
 * Hears what happens between a cache and Redis. Called on the executor of the time source, one
 * event at a time and in order. What it throws is contained and logged; where it is slow, events
 * beyond the thousandth that waits are left out.
 */
@FunctionalInterface
public interface RedisCacheListener {

  /** Something happened. */
  void on(RedisCacheEvent event);
}
