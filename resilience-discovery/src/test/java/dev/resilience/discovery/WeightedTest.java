package dev.resilience.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WeightedTest extends BalancerContract {

  @Override
  Balancer balancer() {
    return Balancer.weighted();
  }

  @Test
  void keepsEachWithinTwoOfItsShareAtAnyTime() {
    Schedules.check(
        2_000,
        (seed, random) -> {
          int size = 1 + random.nextInt(20);
          int[] weights = random.ints(size, 1, 101).toArray();
          double whole = IntStream.of(weights).sum();
          Balancer.Picker picker = over(candidates(weights));
          int[] counts = new int[size];
          int picks = 500;
          for (int n = 1; n <= picks; n++) {
            counts[number(picker.pick(ctx, time.nanoTime(), any -> true))]++;
            for (int i = 0; i < size; i++) {
              double share = n * weights[i] / whole;
              // One of its own, and what the others of an unfinished round are ahead or behind.
              assertThat(counts[i] - share)
                  .as("%s of %s after %s", i, weights, n)
                  .isBetween(-2 - size * weights[i] / whole, 2 + size * weights[i] / whole);
            }
          }
        });
  }

  @Test
  void spreadsThePicksOfALightOneOut() {
    Balancer.Picker picker = over(candidates(90, 10));
    int last = -1;
    for (int i = 0; i < 1000; i++) {
      if (number(picker.pick(ctx, time.nanoTime(), any -> true)) == 1) {
        assertThat(last < 0 || (i - last >= 8 && i - last <= 12)).isTrue();
        last = i;
      }
    }
  }
}
