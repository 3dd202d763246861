package dev.resilience.discovery.balance;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Hashes that are the same in every process, unlike what a JDK may do with a string. */
final class Hash {

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  /** Their hashes are specified. */
  private static final Set<Class<?>> STABLE =
      Set.of(
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          Character.class,
          Boolean.class,
          UUID.class,
          BigInteger.class,
          BigDecimal.class);

  private Hash() {}

  /**
   * The hash of a key.
   *
   * @throws IllegalArgumentException if its type does not say that its hash is the same everywhere:
   *     an enum's is not, nor is that of a record that holds one
   */
  static long of(Object key) {
    if (key instanceof CharSequence text) {
      return of(text);
    }
    if (key instanceof Enum<?> constant) {
      return of(constant.name());
    }
    if (key instanceof List<?> list) {
      long hash = 1;
      for (Object element : list) {
        hash = mixed(hash * 31 + (element == null ? 0 : of(element)));
      }
      return hash;
    }
    if (STABLE.contains(key.getClass())) {
      return mixed(key.hashCode());
    }
    throw new IllegalArgumentException(
        "key of a consistent hash: a "
            + key.getClass().getName()
            + " (expected: a text, number, boolean, UUID, enum, or list of such; another one may"
            + " have another hash in each process)");
  }

  /** FNV-1a, mixed. */
  static long of(CharSequence text) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
    }
    return mixed(hash);
  }

  /** One of a sequence of hashes: SplitMix64. */
  static long nth(long seed, int n) {
    return mixed(seed + n * GOLDEN_RATIO);
  }

  /** The finalizer of SplitMix64. */
  private static long mixed(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
