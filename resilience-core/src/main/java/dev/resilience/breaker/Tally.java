package dev.resilience.breaker;

/**
 * What a window holds.
 *
 * @param calls how many results
 * @param failures how many of them are failures
 * @param inARow how many of the latest are failures without a success between them
 */
record Tally(int calls, int failures, int inARow) {}
