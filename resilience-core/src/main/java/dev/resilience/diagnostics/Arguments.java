package dev.resilience.diagnostics;

/** Arguments that are refused in one wording. */
final class Arguments {

  private Arguments() {}

  static int atLeastOne(int value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
    }
    return value;
  }

  static String notBlank(String value, String name) {
    if (value.isBlank()) {
      throw new IllegalArgumentException(name + ": '" + value + "' (expected: not blank)");
    }
    return value;
  }
}
