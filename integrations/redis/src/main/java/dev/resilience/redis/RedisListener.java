package dev.resilience.redis;

/**
 * Hears whether Redis is there. Called on threads of Lettuce; be quick. What it throws is contained
 * and logged.
 */
@FunctionalInterface
public interface RedisListener {

  /**
   * Redis has come, or gone.
   *
   * @param cache the name of the cache
   * @param available whether the far tier is in use from now on
   * @param reason in a few words
   */
  void changed(String cache, boolean available, String reason);
}
