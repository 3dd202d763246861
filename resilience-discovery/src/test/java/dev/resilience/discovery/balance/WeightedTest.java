package dev.resilience.discovery.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WeightedTest extends BalancerContract {

  @Test
  void begins_anywhere_so_that_many_short_lived_clients_do_not_meet_at_the_first() {
    int[] first = new int[4];
    for (int client = 0; client < 400; client++) {
      first[number(over(equal(4)).pick(ctx, time.nanoTime(), any -> true))]++;
    }
    assertThat(Arrays.stream(first)).allMatch(count -> count > 60 && count < 140);
  }

  @Override
  Balancer balancer() {
    return Balancer.weighted();
  }

  @Test
  void keeps_each_within_three_of_its_share_at_any_time() {
    Schedules.check(
        1_000,
        (seed, random) -> {
          int size = 1 + random.nextInt(40);
          int[] weights = random.ints(size, 1, 101).toArray();
          Balancer.Picker picker = over(candidates(weights));
          check(picker, weights, 500, 3);
        });
  }

  @Test
  void stays_near_the_shares_in_the_long_run() {
    Schedules.check(
        5,
        (seed, random) -> {
          int[] weights = random.ints(10, 1, 101).toArray();
          check(over(candidates(weights)), weights, 200_000, 5);
        });
  }

  private void check(Balancer.Picker picker, int[] weights, int picks, double within) {
    double whole = IntStream.of(weights).sum();
    int[] counts = new int[weights.length];
    for (int n = 1; n <= picks; n++) {
      int picked = number(picker.pick(ctx, time.nanoTime(), any -> true));
      counts[picked]++;
      for (int i = 0; i < counts.length; i++) {
        double share = n * weights[i] / whole;
        if (Math.abs(counts[i] - share) > within) {
          assertThat(counts[i] - share)
              .as("%s of %s after %s", i, weights, n)
              .isBetween(-within, within);
        }
      }
    }
  }

  @Test
  void spreads_the_picks_of_a_light_one_out() {
    Balancer.Picker picker = over(candidates(90, 10));
    Set<Integer> distances = new HashSet<>();
    int last = -1;
    for (int i = 0; i < 10_000; i++) {
      if (number(picker.pick(ctx, time.nanoTime(), any -> true)) == 1) {
        if (last >= 0) {
          distances.add(i - last);
        }
        last = i;
      }
    }
    assertThat(distances).containsExactlyInAnyOrder(5, 8, 13);
  }

  @Test
  void needs_no_longer_where_one_is_much_heavier_than_the_others() {
    int[] weights = new int[1000];
    Arrays.fill(weights, 1);
    weights[500] = 100;
    AtomicInteger asked = new AtomicInteger();
    Balancer.Picker picker = over(candidates(weights));
    for (int i = 0; i < 1000; i++) {
      picker.pick(ctx, time.nanoTime(), any -> asked.incrementAndGet() > 0);
    }
    assertThat(asked).hasValue(1000);
  }
}
