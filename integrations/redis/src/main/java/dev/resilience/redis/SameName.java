package dev.resilience.redis;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Compares the key that was asked for with the one that stands under its name. */
final class SameName {

  private SameName() {}

  /**
   * Returns where the two are equal, arrays by what is in them.
   *
   * @param there null: nothing stands there
   * @throws IllegalStateException rather than serving the value of another key
   */
  static void check(Object asked, @Nullable Object there) {
    if (there != null && there != asked && !Objects.deepEquals(asked, there)) {
      throw new IllegalStateException(
          "keys: two keys that are not equal have one name, of "
              + asked.getClass().getName()
              + " and "
              + there.getClass().getName()
              + " (expected: a KeyCodec that tells them apart)");
    }
  }
}
