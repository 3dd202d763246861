package dev.resilience.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LeastLoadedTest extends BalancerContract {

  @Override
  Balancer balancer() {
    return Balancer.leastLoaded();
  }

  @Test
  void spreadsCallsEvenlyAmongEquals() {
    for (int count : counts(over(equal(4)), 4, 8000)) {
      assertThat(count).isBetween(1800, 2200);
    }
  }

  @Test
  void neverPicksTheBusiestOfAll() {
    List<FakeCandidate> candidates = equal(4);
    candidates.get(2).inFlight = 5;
    assertThat(counts(over(candidates), 4, 4000)[2]).isZero();
  }

  @Test
  void prefersTheOneThatAnswersSooner() {
    List<FakeCandidate> candidates = equal(2);
    candidates.get(0).latency = 2e9;
    candidates.get(1).latency = 20e6;
    candidates.get(1).inFlight = 50;
    assertThat(counts(over(candidates), 2, 1000)[0]).isZero();
    candidates.get(1).inFlight = 150;
    assertThat(counts(over(candidates), 2, 1000)[1]).isZero();
  }

  @Test
  void countsCallsAloneWhereALatencyIsNotKnown() {
    List<FakeCandidate> candidates = equal(2);
    candidates.get(0).latency = 1;
    candidates.get(0).inFlight = 1;
    assertThat(counts(over(candidates), 2, 1000)[0]).isZero();
  }

  @Test
  void expectsMoreOfAHeavierOne() {
    List<FakeCandidate> candidates = candidates(100, 10);
    candidates.get(0).inFlight = 5;
    assertThat(counts(over(candidates), 2, 1000)[1]).isZero();
    candidates.get(0).inFlight = 15;
    assertThat(counts(over(candidates), 2, 1000)[0]).isZero();
  }
}
