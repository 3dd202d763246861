package dev.resilience.breaker;

/**
 * What a window holds.
 *
 * @param calls how many results
 * @param failures how many of them are failures
 * @param timedOut how many of them ran out of time
 * @param slow how many of them took too long, whatever they came to
 * @param inARow how many failures there are since the latest success
 */
record WindowCounts(int calls, int failures, int timedOut, int slow, int inARow) {

  static final WindowCounts NOTHING = new WindowCounts(0, 0, 0, 0, 0);
}
