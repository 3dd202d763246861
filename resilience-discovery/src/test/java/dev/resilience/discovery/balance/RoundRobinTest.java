package dev.resilience.discovery.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundRobinTest extends BalancerContract {

  @Override
  Balancer balancer() {
    return Balancer.roundRobin();
  }

  @Test
  void picks_each_in_turn() {
    assertThat(counts(over(equal(5)), 5, 1000)).containsOnly(200);
  }

  @Test
  void begins_anywhere_so_that_many_short_lived_clients_do_not_meet_at_the_first() {
    int[] first = new int[4];
    for (int client = 0; client < 400; client++) {
      first[number(over(equal(4)).pick(ctx, time.nanoTime(), any -> true))]++;
    }
    assertThat(Arrays.stream(first)).allMatch(count -> count > 60 && count < 140);
  }

  @Test
  void does_not_look_at_weights() {
    assertThat(counts(over(candidates(1, 100, 50)), 3, 300)).containsOnly(100);
  }

  @Test
  void picks_one_that_grows_in_proportion() {
    List<FakeCandidate> candidates =
        List.of(new FakeCandidate(0, 10), new FakeCandidate(1, 10, 1), new FakeCandidate(2, 10));
    int[] counts = counts(over(candidates), 3, 2100);
    assertThat(counts[0]).isBetween(999, 1001);
    assertThat(counts[1]).isBetween(99, 101);
  }
}
