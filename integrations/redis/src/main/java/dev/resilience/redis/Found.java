package dev.resilience.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import org.jspecify.annotations.Nullable;

/**
 * What Redis said to a read.
 *
 * @param by the connection that said it; null: there was no answer
 * @param raw what stands under the key
 * @param deadline of the time source, until which that stands there at least
 * @param fillableUntil of Redis's clock, in milliseconds: what is loaded now may be stored so long
 * @param news whether the key was changed since
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Found(
    @Nullable StatefulRedisConnection<byte[], byte[]> by,
    byte @Nullable [] raw,
    long deadline,
    long fillableUntil,
    News news) {

  static final Found NO_ANSWER = new Found(null, null, 0, 0, new News());

  boolean isThere() {
    return by != null;
  }
}
