package dev.resilience;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Runs a property over many seeds. {@code -Dresilience.seed=17} runs that one alone; {@code
 * -Dresilience.effort=100} runs a hundred times as many as the test usually does, and {@code
 * -Dresilience.schedules=1000000} exactly as many.
 */
public final class Schedules {

  private static final RandomGeneratorFactory<RandomGenerator> RANDOM =
      RandomGeneratorFactory.of("L64X128MixRandom");

  private Schedules() {}

  /** A property of one schedule, all of whose randomness comes from the generator. */
  @FunctionalInterface
  public interface Property {
    void check(long seed, RandomGenerator random) throws Exception;
  }

  /** How many to run where the usual number is this one, as the properties of the JVM have it. */
  public static int count(int usual) {
    double effort = Double.parseDouble(System.getProperty("resilience.effort", "1"));
    return Integer.getInteger(
        "resilience.schedules", Math.toIntExact(Math.max(1, Math.round(usual * effort))));
  }

  /** Whether one schedule is repeated alone, so that it need not meet everything there is. */
  public static boolean isOneAlone() {
    return only() != null;
  }

  /** Checks a property on as many seeds, unless the properties of the JVM say otherwise. */
  public static void check(int usual, Property property) {
    checkExactly(count(usual), property);
  }

  /** The same for a property of which each schedule takes long: never more than as many. */
  public static void checkAtMost(int usual, Property property) {
    checkExactly(Math.min(usual, count(usual)), property);
  }

  private static void checkExactly(int count, Property property) {
    Long only = only();
    if (only != null) {
      checkOne(only, property);
      return;
    }
    for (long seed = 0; seed < count; seed++) {
      checkOne(seed, property);
    }
  }

  /** The randomness of one schedule. */
  public static RandomGenerator random(long seed) {
    return RANDOM.create(seed);
  }

  private static Long only() {
    return Long.getLong("resilience.seed");
  }

  private static void checkOne(long seed, Property property) {
    try {
      property.check(seed, random(seed));
    } catch (Throwable failure) {
      throw new AssertionError("failed with -Dresilience.seed=" + seed, failure);
    }
  }
}
