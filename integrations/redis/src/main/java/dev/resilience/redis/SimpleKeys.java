package dev.resilience.redis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Names of keys whose types are known: a letter for the type, a colon, and the value. */
final class SimpleKeys {

  private SimpleKeys() {}

  static byte[] encode(@Nullable Object key) {
    if (key instanceof String text) {
      return named('s', WellFormed.utf8(text, "key"));
    }
    if (key instanceof byte[] bytes) {
      return named('b', bytes);
    }
    if (key instanceof Enum<?> constant) {
      return named('e', constant.getDeclaringClass().getName() + "." + constant.name());
    }
    if (key instanceof Integer) {
      return named('i', key.toString());
    }
    if (key instanceof Long) {
      return named('l', key.toString());
    }
    if (key instanceof UUID) {
      return named('u', key.toString());
    }
    if (key instanceof Short) {
      return named('h', key.toString());
    }
    if (key instanceof Byte) {
      return named('y', key.toString());
    }
    if (key instanceof Boolean) {
      return named('z', key.toString());
    }
    if (key instanceof Character character) {
      return named('c', String.valueOf((int) character));
    }
    throw new IllegalArgumentException(
        "key: a "
            + (key == null ? "null" : key.getClass().getName())
            + " (expected: a String, number, Boolean, Character, UUID, enum or byte[]; for others"
            + " give a KeyCodec: builder.keys(...))");
  }

  /** Each with its length in front, so that no part runs into the next. */
  static byte[] encodeAll(List<?> parts) {
    ByteArrayOutputStream name = new ByteArrayOutputStream();
    for (Object part : parts) {
      byte[] encoded = encode(part);
      name.writeBytes((encoded.length + "/").getBytes(StandardCharsets.US_ASCII));
      name.writeBytes(encoded);
    }
    return name.toByteArray();
  }

  private static byte[] named(char type, String value) {
    return named(type, value.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] named(char type, byte[] value) {
    byte[] name = new byte[value.length + 2];
    name[0] = (byte) type;
    name[1] = ':';
    System.arraycopy(value, 0, name, 2, value.length);
    return name;
  }
}
