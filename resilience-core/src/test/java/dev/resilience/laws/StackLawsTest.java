package dev.resilience.laws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Laws 4, 5, 6, 9 and 11: random stacks under random callers, one thread at a time. */
class StackLawsTest {

  @Test
  void hold_for_random_stacks_and_callers() {
    Schedules.check(10_000, (seed, random) -> new Simulation(seed, random).run());
  }

  @Test
  void tell_the_same_story_for_the_same_seed() {
    Schedules.check(
        500,
        (seed, random) -> {
          String first = new Simulation(seed, again(seed)).run();
          String second = new Simulation(seed, again(seed)).run();
          assertThat(second).isEqualTo(first);
        });
  }

  private static RandomGenerator again(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }
}
