package dev.resilience.text;

import static java.util.Objects.requireNonNull;

/**
 * Arguments that are refused in one wording: the name, the value, and what was expected. For
 * durations: {@code Durations}.
 */
public final class Arguments {

  private Arguments() {}

  /** A text with something to read. */
  public static String requireNotBlank(String value, String name) {
    if (requireNonNull(value, name).isBlank()) {
      throw refused(name, "'" + SafeText.of(value) + "'", "not blank");
    }
    return value;
  }

  /** A number that is positive. */
  public static int requireAtLeastOne(int value, String name) {
    return (int) requireAtLeastOne((long) value, name);
  }

  /** A number that is positive. */
  public static long requireAtLeastOne(long value, String name) {
    if (value < 1) {
      throw refused(name, value, ">= 1");
    }
    return value;
  }

  /** A number that may be zero. */
  public static int requireNotNegative(int value, String name) {
    return (int) requireNotNegative((long) value, name);
  }

  /** A number that may be zero. */
  public static long requireNotNegative(long value, String name) {
    if (value < 0) {
      throw refused(name, value, ">= 0");
    }
    return value;
  }

  /** A share of a whole. */
  public static double requireShare(double value, String name) {
    if (!(value >= 0 && value <= 1)) {
      throw refused(name, value, "0 to 1");
    }
    return value;
  }

  private static IllegalArgumentException refused(String name, Object value, String expected) {
    return new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
  }
}
