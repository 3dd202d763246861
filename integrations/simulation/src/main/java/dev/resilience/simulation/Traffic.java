package dev.resilience.simulation;

import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * The callers of a scenario, one after the other: the same for the same seed, whoever serves them.
 */
public final class Traffic {

  private static final RandomGeneratorFactory<RandomGenerator> GENERATORS =
      RandomGeneratorFactory.of("L64X128MixRandom");

  private final Load load;
  private final long end;
  private final RandomGenerator random;
  private double now;
  private int number;

  /**
   * The callers from the first on.
   *
   * @param seed of when they come and who they are
   */
  public Traffic(Scenario scenario, long seed) {
    this.load = scenario.load();
    this.end = scenario.length().toNanos();
    this.random = random(seed, "callers");
  }

  /** A generator of its own for each purpose, so that one does not disturb the other. */
  public static RandomGenerator random(long seed, String purpose) {
    return GENERATORS.create(seed * 0x9E3779B97F4A7C15L + purpose.hashCode());
  }

  /** The next caller; null when all have come. */
  public @Nullable Caller next() {
    now += -Math.log(1 - random.nextDouble()) / load.rateAt((long) now) * 1e9;
    if (now >= end) {
      return null;
    }
    boolean leaves = random.nextDouble() < load.leaving();
    Duration after = load.leavesAfter().sample(random);
    boolean critical = random.nextDouble() < load.critical();
    return new Caller(
        number++,
        Duration.ofNanos((long) now),
        load.patience(),
        leaves ? Optional.of(after) : Optional.empty(),
        critical);
  }
}
