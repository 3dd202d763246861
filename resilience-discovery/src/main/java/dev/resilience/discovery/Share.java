package dev.resilience.discovery;

/** A part of a whole. */
final class Share {

  private Share() {}

  static double checked(String what, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(what + ": " + share + " (expected: 0 to 1)");
    }
    return share;
  }
}
