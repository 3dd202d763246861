package dev.resilience.examples.adaptive;

/**
 * A call.
 *
 * @param at when it began, in seconds
 * @param wouldTake how long the service works on it, in milliseconds
 * @param limit how long it might take, in milliseconds
 * @param timedOut whether that was too little
 */
record Sample(double at, double wouldTake, double limit, boolean timedOut) {}
