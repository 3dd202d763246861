package dev.resilience.redis;

import org.jspecify.annotations.Nullable;

/**
 * What Redis said to a read.
 *
 * @param isThere whether it said anything
 * @param raw what stands under the key
 * @param deadline of the time source, until which that stands there at least
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Found(boolean isThere, byte @Nullable [] raw, long deadline) {

  static final Found NO_ANSWER = new Found(false, null, 0);
}
