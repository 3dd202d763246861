package dev.resilience.redis;

import java.util.List;
import java.util.function.Function;

/**
 * Turns keys into names in Redis. Two keys that are not equal must get different names, in each
 * version of the program and on each machine: one user's value must not be served to another. A
 * text that was made for people, such as {@code toString}, promises nothing of the kind.
 *
 * @param <K> the keys
 */
@FunctionalInterface
public interface KeyCodec<K> {

  /**
   * Returns the name of a key.
   *
   * @return not null; the same bytes for equal keys
   * @throws RuntimeException for a key that has none; the call fails with it
   */
  byte[] encode(K key);

  /**
   * Takes keys of types that are known to be safe, whose names begin with their type: {@code
   * String}, {@code Integer}, {@code Long}, {@code Short}, {@code Byte}, {@code Character}, {@code
   * Boolean}, {@link java.util.UUID}, enums by their class and name, and {@code byte[]}. Refuses
   * all others, and strings that UTF-8 cannot express. The default.
   */
  static <K> KeyCodec<K> simple() {
    return SimpleKeys::encode;
  }

  /**
   * Takes keys apart into parts of the types of {@link #simple}; names do not run into each other.
   *
   * <pre>{@code
   * KeyCodec.<UserId>parts(id -> List.of(id.tenant(), id.number()))
   * }</pre>
   *
   * @param parts all that {@code equals} looks at
   */
  static <K> KeyCodec<K> parts(Function<? super K, ? extends List<?>> parts) {
    java.util.Objects.requireNonNull(parts, "parts");
    return key -> SimpleKeys.encodeAll(parts.apply(key));
  }
}
