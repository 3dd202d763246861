package dev.resilience.redis;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What stands in Redis under a key: a value behind a 1; a 2, where it is known that there is no
 * value; or behind a 0 the mark that a deletion has left there for a while, each mark different. A
 * load fills a key only if what it found when it began still stands there; so one that began before
 * a deletion fills nothing after it.
 */
final class Stored {

  private static final byte DELETED = 0;
  private static final byte VALUE = 1;
  private static final byte ABSENCE = 2;

  private Stored() {}

  static byte[] value(byte[] encoded) {
    return ByteBuffer.allocate(encoded.length + 1).put(VALUE).put(encoded).array();
  }

  static byte[] absence() {
    return new byte[] {ABSENCE};
  }

  static byte[] deleted(long mark) {
    return ByteBuffer.allocate(Long.BYTES + 1).put(DELETED).putLong(mark).array();
  }

  /** The encoded value, if there is one. */
  static byte @Nullable [] valueIn(byte @Nullable [] raw) {
    return raw != null && raw.length > 0 && raw[0] == VALUE
        ? Arrays.copyOfRange(raw, 1, raw.length)
        : null;
  }

  static boolean isAbsence(byte @Nullable [] raw) {
    return raw != null && raw.length == 1 && raw[0] == ABSENCE;
  }
}
