package dev.resilience.redis;

import dev.resilience.text.SafeText;

/** What happened between a {@link RedisCache} and Redis. Nothing is told, or made, for a read. */
public sealed interface RedisCacheEvent {

  /** The name of the cache. */
  String cache();

  /**
   * Redis is in use from now on.
   *
   * @param cache the name of the cache
   */
  record Connected(String cache) implements RedisCacheEvent {}

  /**
   * Redis is not in use; told when it was lost, and whenever the reason has changed since.
   *
   * @param cache the name of the cache
   * @param reason what the server or the network said
   */
  record Disconnected(String cache, String reason) implements RedisCacheEvent {}

  /**
   * Redis is in use and has refused one command: it is full, for example. A value that could not be
   * set was deleted there.
   *
   * @param cache the name of the cache
   * @param reason what the server said
   */
  record CommandRefused(String cache, String reason) implements RedisCacheEvent {}

  /**
   * What stands in Redis could not be decoded; it was loaded anew, or deleted.
   *
   * @param cache the name of the cache
   * @param key the user's key
   * @param cause what the codec threw, or that it returned null
   */
  record DecodingFailed(String cache, Object key, Throwable cause) implements RedisCacheEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * What was loaded could not be encoded. The caller has got it, and it is kept near.
   *
   * @param cache the name of the cache
   * @param key the user's key
   * @param cause what the codec threw, or that it returned null
   */
  record EncodingFailed(String cache, Object key, Throwable cause) implements RedisCacheEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A value is longer than the builder allows in Redis. It is kept near.
   *
   * @param cache the name of the cache
   * @param key the user's key
   * @param bytes how long it is
   */
  record ValueTooLarge(String cache, Object key, int bytes) implements RedisCacheEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * More keys were changed without Redis than are remembered one by one, so all values of this
   * cache in Redis have been given up.
   *
   * @param cache the name of the cache
   */
  record GenerationChanged(String cache) implements RedisCacheEvent {}
}
