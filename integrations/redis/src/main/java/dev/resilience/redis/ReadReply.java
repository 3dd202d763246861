package dev.resilience.redis;

import org.jspecify.annotations.Nullable;

/**
 * What Redis said to a read.
 *
 * @param by the line that said it; null: there was no answer
 * @param raw what stands under the key
 * @param generation the one that values must be of
 * @param deadline of the time source, until which that stands there at least
 * @param fillableUntil of Redis's clock, in milliseconds: what is loaded now may be stored so long
 * @param flag whether the key was changed since
 * @param isStrange whether something stands there that is not for us: too long, or not a string
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record ReadReply(
    @Nullable RedisLine by,
    byte @Nullable [] raw,
    byte[] generation,
    long deadline,
    long fillableUntil,
    InvalidationFlag flag,
    boolean isStrange) {

  static final ReadReply NO_ANSWER =
      new ReadReply(null, null, new byte[0], 0, 0, new InvalidationFlag(), false);

  boolean isThere() {
    return by != null;
  }

  /** Whether the value for a key may be stored there. */
  boolean isFillable() {
    return by != null && !isStrange && generation.length == StoredBytes.GENERATION;
  }
}
