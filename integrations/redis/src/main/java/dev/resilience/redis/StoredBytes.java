package dev.resilience.redis;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What stands in Redis under a key: a 1, the generation and a value; a 2 and the generation, where
 * it is known that there is no value; or behind a 0 the mark that a deletion has left there for a
 * while, each mark different. A load fills a key only if what it found when it began still stands
 * there; so one that began before a deletion fills nothing after it.
 *
 * <p>A value of another generation is none.
 */
final class StoredBytes {

  /** How long a generation's name is. */
  static final int GENERATION = Long.BYTES;

  private static final byte DELETED = 0;
  private static final byte VALUE = 1;
  private static final byte ABSENCE = 2;

  private StoredBytes() {}

  /** What stands before a value, but for the generation, which Redis knows best. */
  static byte[] valueType() {
    return new byte[] {VALUE};
  }

  static byte[] value(byte[] generation, byte[] encoded) {
    return ByteBuffer.allocate(1 + GENERATION + encoded.length)
        .put(VALUE)
        .put(generation)
        .put(encoded)
        .array();
  }

  static byte[] absence(byte[] generation) {
    return ByteBuffer.allocate(1 + GENERATION).put(ABSENCE).put(generation).array();
  }

  static byte[] deleted(long mark) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(DELETED).putLong(mark).array();
  }

  static byte[] generation(long random) {
    return ByteBuffer.allocate(GENERATION).putLong(random).array();
  }

  /** The encoded value of this generation, if there is one. */
  static byte @Nullable [] valueIn(byte @Nullable [] raw, byte[] generation) {
    return raw != null && isOf(raw, VALUE, generation)
        ? Arrays.copyOfRange(raw, 1 + GENERATION, raw.length)
        : null;
  }

  static boolean isAbsence(byte @Nullable [] raw, byte[] generation) {
    return raw != null && raw.length == 1 + GENERATION && isOf(raw, ABSENCE, generation);
  }

  private static boolean isOf(byte[] raw, byte type, byte[] generation) {
    return generation.length == GENERATION
        && raw.length >= 1 + GENERATION
        && raw[0] == type
        && Arrays.equals(raw, 1, 1 + GENERATION, generation, 0, GENERATION);
  }
}
