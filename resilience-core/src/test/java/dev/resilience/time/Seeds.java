package dev.resilience.time;

import java.util.stream.LongStream;

/**
 * Runs a property for many seeds. A failure names its seed; {@code -Dresilience.seed=N} runs that
 * one alone, and {@code -Dresilience.schedules=N} says how many.
 */
final class Seeds {

  interface Property {
    void holdsFor(long seed) throws Exception;
  }

  private Seeds() {}

  static void check(int schedules, Property property) {
    Long only = Long.getLong("resilience.seed");
    LongStream seeds =
        only != null
            ? LongStream.of(only)
            : LongStream.range(0, Integer.getInteger("resilience.schedules", schedules));
    seeds.forEach(seed -> checkOne(seed, property));
  }

  private static void checkOne(long seed, Property property) {
    try {
      property.holdsFor(seed);
    } catch (Throwable failure) {
      throw new AssertionError("with -Dresilience.seed=" + seed + ": " + failure, failure);
    }
  }
}
