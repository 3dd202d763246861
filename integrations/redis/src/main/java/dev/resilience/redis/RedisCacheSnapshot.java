package dev.resilience.redis;

import dev.resilience.cache.CacheSnapshot;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The figures of a {@link RedisCache} at one moment. Those of several accessors need not be of the
 * very same one. Immutable.
 */
public final class RedisCacheSnapshot {

  private final CacheSnapshot near;
  private final @Nullable String reason;
  private final int failedConnects;
  private final int missedChanges;
  private final boolean generationDue;
  private final String cache;
  private final long commandsRefused;
  private final long decodingsFailed;
  private final long encodingsFailed;
  private final long valuesTooLarge;
  private final long generationsChanged;

  RedisCacheSnapshot(
      CacheSnapshot near, @Nullable String reason, RedisConnector connector, Reports reports) {
    this.near = near;
    this.reason = reason;
    this.failedConnects = reason == null ? 0 : connector.failures();
    this.missedChanges = connector.missed.size();
    this.generationDue = connector.missed.overflow() != 0;
    this.cache = reports.cache;
    this.commandsRefused = reports.refused.sum();
    this.decodingsFailed = reports.undecodable.sum();
    this.encodingsFailed = reports.unencodable.sum();
    this.valuesTooLarge = reports.tooLarge.sum();
    this.generationsChanged = reports.generations.sum();
  }

  /** The figures of the near tier. */
  public CacheSnapshot near() {
    return near;
  }

  /** Whether Redis is in use. */
  public boolean isRedisAvailable() {
    return reason == null;
  }

  /** Why Redis is not in use, in the words of the server or the network. */
  public Optional<String> reason() {
    return Optional.ofNullable(reason);
  }

  /** Number of failed attempts to connect since Redis was last in use for some time. */
  public int failedConnects() {
    return failedConnects;
  }

  /** Number of keys that were set or deleted here and are to be deleted in Redis. */
  public int missedChanges() {
    return missedChanges;
  }

  /**
   * Whether all values in Redis will be given up, because too many keys were changed without it.
   */
  public boolean isGenerationDue() {
    return generationDue;
  }

  /** How many commands Redis has refused while it was in use, so far. */
  public long commandsRefused() {
    return commandsRefused;
  }

  /** How many values from Redis could not be decoded, so far. */
  public long decodingsFailed() {
    return decodingsFailed;
  }

  /** How many values could not be encoded, so far. */
  public long encodingsFailed() {
    return encodingsFailed;
  }

  /** How many values were too large for Redis, so far. */
  public long valuesTooLarge() {
    return valuesTooLarge;
  }

  /** How often all values in Redis were given up, so far. */
  public long generationsChanged() {
    return generationsChanged;
  }

  @Override
  public String toString() {
    return cache
        + ": Redis "
        + (reason == null ? "in use" : "not in use (" + reason + ")")
        + ", missed changes "
        + (generationDue ? "too many" : missedChanges)
        + ", commands refused "
        + commandsRefused
        + "; "
        + near;
  }
}
