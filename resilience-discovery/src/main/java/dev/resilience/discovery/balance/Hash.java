package dev.resilience.discovery.balance;

/** Hashes that are the same in every process, unlike what a JDK may do with a string. */
final class Hash {

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private Hash() {}

  static long of(Object value) {
    return value instanceof CharSequence text ? of(text) : mixed(value.hashCode());
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
