package dev.resilience.breaker;

/**
 * What a window holds.
 *
 * @param calls how many results
 * @param failures how many of them are failures
 * @param slow how many of them took too long
 * @param inARow how many of the latest are failures without a success between them
 */
record WindowCounts(int calls, int failures, int slow, int inARow) {

  static final WindowCounts NOTHING = new WindowCounts(0, 0, 0, 0);
}
