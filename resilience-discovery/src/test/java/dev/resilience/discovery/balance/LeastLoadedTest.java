package dev.resilience.discovery.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LeastLoadedTest extends BalancerContract {

  @Override
  Balancer balancer() {
    return Balancer.leastLoaded();
  }

  @Test
  void spreads_calls_evenly_among_equals() {
    for (int count : counts(over(equal(4)), 4, 8000)) {
      assertThat(count).isBetween(1800, 2200);
    }
  }

  @Test
  void never_picks_the_busiest_of_all() {
    List<FakeCandidate> candidates = equal(4);
    candidates.get(2).inFlight = 5;
    assertThat(counts(over(candidates), 4, 4000)[2]).isZero();
  }

  @Test
  void prefers_the_one_that_answers_sooner() {
    List<FakeCandidate> candidates = equal(2);
    candidates.get(0).latency = 2e9;
    candidates.get(1).latency = 20e6;
    candidates.get(1).inFlight = 50;
    assertThat(counts(over(candidates), 2, 1000)[0]).isZero();
    candidates.get(1).inFlight = 150;
    assertThat(counts(over(candidates), 2, 1000)[1]).isZero();
  }

  @Test
  void counts_calls_alone_where_a_latency_is_not_known() {
    List<FakeCandidate> candidates = equal(2);
    candidates.get(0).latency = 1;
    candidates.get(0).inFlight = 1;
    assertThat(counts(over(candidates), 2, 1000)[0]).isZero();
  }

  @Test
  void spreads_calls_by_weight_where_nobody_is_busy() {
    List<FakeCandidate> candidates = candidates(10, 20, 30, 40);
    int[] counts = counts(over(candidates), 4, 10_000);
    for (int i = 0; i < 4; i++) {
      assertThat(counts[i]).isBetween(1_000 * (i + 1) - 200, 1_000 * (i + 1) + 200);
    }
  }

  @Test
  void spreads_calls_by_weight_where_few_are_heavy() {
    List<FakeCandidate> candidates = candidates(2, 2, 2, 2, 2, 2, 2, 36);
    int[] counts = counts(over(candidates), 8, 20_000);
    assertThat(counts[7]).isBetween(13_900, 14_900);
    for (int i = 0; i < 7; i++) {
      assertThat(counts[i]).isBetween(650, 950);
    }
  }

  @Test
  void takes_the_heavy_one_where_it_has_almost_all_of_the_weight() {
    List<FakeCandidate> candidates =
        List.of(
            new FakeCandidate(0, 10, 0.001),
            new FakeCandidate(1, 10, 0.001),
            new FakeCandidate(2, 100));
    assertThat(counts(over(candidates), 3, 1000)[2]).isGreaterThan(990);
    candidates.get(2).inFlight = 2_000_000;
    assertThat(counts(over(candidates), 3, 1000)[2]).isZero();
  }

  @Test
  void expects_more_of_a_heavier_one() {
    List<FakeCandidate> candidates = candidates(100, 10);
    assertThat(counts(over(candidates), 2, 10_000)[1]).isBetween(800, 1_020);
    candidates.get(0).inFlight = 9;
    assertThat(counts(over(candidates), 2, 10_000)[1]).isBetween(800, 1_020);
    candidates.get(0).inFlight = 15;
    assertThat(counts(over(candidates), 2, 1000)[0]).isZero();
  }
}
