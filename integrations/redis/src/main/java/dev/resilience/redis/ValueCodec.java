package dev.resilience.redis;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Turns values into bytes and back. What cannot be decoded, because another version of the program
 * wrote it, is loaded anew.
 *
 * @param <V> the values
 */
public interface ValueCodec<V extends @Nullable Object> {

  /** The bytes of a value; is not asked for null. */
  byte[] encode(V value);

  /** The value of these bytes. */
  V decode(byte[] bytes);

  /** Strings, in UTF-8. */
  static ValueCodec<String> strings() {
    return new ValueCodec<>() {
      @Override
      public byte[] encode(String value) {
        return value.getBytes(StandardCharsets.UTF_8);
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
