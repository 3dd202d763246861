package dev.resilience.cache;

/**
 * Asks whether the calling thread has stack left for a step that must not stop in the middle. A
 * {@link StackOverflowError} between a decision and its consequences would leave a load that nobody
 * ends; so the overflow is provoked before the decision.
 */
final class StackRoom {

  /**
   * Some 32 kB compiled and twice as much interpreted; Caffeine and a logger take about a quarter,
   * and more where a lambda is linked for the first time.
   */
  private static final int FRAMES = 256;

  private StackRoom() {}

  static boolean isThere() {
    try {
      return descend(FRAMES, 1, 2, 3, 4, 5, 6, 7, 8) != 0;
    } catch (StackOverflowError full) {
      return false;
    }
  }

  /**
   * Returns where there is room.
   *
   * @throws StackOverflowError as the next call would
   */
  static void require() {
    descend(FRAMES, 1, 2, 3, 4, 5, 6, 7, 8);
  }

  /** The arguments only take room. */
  private static long descend(
      int frames, long a, long b, long c, long d, long e, long f, long g, long h) {
    return frames == 0
        ? a + b + c + d + e + f + g + h
        : descend(frames - 1, b, c, d, e, f, g, h, a) + 1;
  }
}
