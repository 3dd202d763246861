package dev.resilience.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import org.jspecify.annotations.Nullable;

/**
 * What Redis said to a read.
 *
 * @param by the connection that said it; null: there was no answer
 * @param raw what stands under the key
 * @param deadline of the time source, until which that stands there at least
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Found(
    @Nullable StatefulRedisConnection<byte[], byte[]> by, byte @Nullable [] raw, long deadline) {

  static final Found NO_ANSWER = new Found(null, null, 0);

  boolean isThere() {
    return by != null;
  }
}
