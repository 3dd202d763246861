package dev.resilience.redis;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Turns values into bytes and back. What cannot be decoded, because another version of the program
 * wrote it, is loaded anew; what cannot be encoded is handed out, and not stored. Either may throw
 * anything.
 *
 * @param <V> the values
 */
public interface ValueCodec<V extends @Nullable Object> {

  /** The bytes of a value; is not asked for null. Null counts as a failure. */
  byte[] encode(V value);

  /** The value of these bytes. Null counts as a failure. */
  V decode(byte[] bytes);

  /** Strings, in UTF-8; one with half a surrogate pair is refused. */
  static ValueCodec<String> strings() {
    return new ValueCodec<>() {
      @Override
      public byte[] encode(String value) {
        return WellFormed.utf8(value, "value");
      }

      @Override
      public String decode(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
      }
    };
  }

  /** Bytes as they are. */
  static ValueCodec<byte[]> bytes() {
    return new ValueCodec<>() {
      @Override
      public byte[] encode(byte[] value) {
        return value.clone();
      }

      @Override
      public byte[] decode(byte[] bytes) {
        return bytes.clone();
      }
    };
  }
}
