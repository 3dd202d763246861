package dev.resilience.discovery;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Runs a property over many seeds. {@code -Dresilience.seed=17} runs that one alone; {@code
 * -Dresilience.schedules=1000000} runs more or fewer than the test would.
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

  /** Checks a property on as many seeds, unless the properties of the JVM say otherwise. */
  public static void check(int schedules, Property property) {
    Long only = Long.getLong("resilience.seed");
    if (only != null) {
      checkOne(only, property);
      return;
    }
    int count = Integer.getInteger("resilience.schedules", schedules);
    for (long seed = 0; seed < count; seed++) {
      checkOne(seed, property);
    }
  }

  /** The same for a property of which each schedule takes long: never more than as many. */
  public static void checkAtMost(int schedules, Property property) {
    for (long seed = 0;
        seed < Math.min(schedules, Integer.getInteger("resilience.schedules", schedules));
        seed++) {
      checkOne(Long.getLong("resilience.seed", seed), property);
    }
  }

  /** The randomness of one schedule. */
  public static RandomGenerator random(long seed) {
    return RANDOM.create(seed);
  }

  private static void checkOne(long seed, Property property) {
    try {
      property.check(seed, random(seed));
    } catch (Throwable failure) {
      throw new AssertionError("failed with -Dresilience.seed=" + seed, failure);
    }
  }
}
