package dev.resilience.laws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import org.junit.jupiter.api.Test;

/** Laws 4, 5, 6, 9 and 11: random stacks under random callers, one thread at a time. */
class StackLawsTest {

  @Test
  void hold_for_random_stacks_and_callers() {
    Schedules.check(3_000, (seed, random) -> new Simulation(seed, random).run());
  }

  @Test
  void tell_the_same_story_for_the_same_seed() {
    Schedules.check(
        200,
        (seed, random) -> {
          String first = new Simulation(seed, Schedules.random(seed)).run();
          String second = new Simulation(seed, Schedules.random(seed)).run();
          assertThat(second).isEqualTo(first);
        });
  }
}
