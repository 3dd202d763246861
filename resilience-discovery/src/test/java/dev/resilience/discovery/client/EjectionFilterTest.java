package dev.resilience.discovery.client;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.FilterChoice;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.policy.Verdict;
import dev.resilience.time.Deadline;
import dev.resilience.time.VirtualTime;
import java.util.List;
import org.junit.jupiter.api.Test;

class EjectionFilterTest {

  private final VirtualTime.Manual time = VirtualTime.manual();

  private Candidate ejected(String host, int answeredSecondsAgo, int stillOutForSeconds) {
    Member member = new Member(ServiceInstance.of("orders", host, 1));
    long now = time.nanoTime();
    if (answeredSecondsAgo >= 0) {
      long answered = now - ofSeconds(answeredSecondsAgo).toNanos();
      member.load.heard(Verdict.Sample.EXACT, 1_000_000, answered);
    }
    member.ejectedUntil = Deadline.after(ofSeconds(stillOutForSeconds), time);
    return member.slot(1);
  }

  private List<Candidate> left(List<Candidate> candidates) {
    FilterChoice choice =
        new EjectionFilter(Ejection.ofDefaults(), time.nanoTime()).choose(candidates);
    return choice.some().orElse(candidates);
  }

  @Test
  void where_too_few_would_be_left_those_stay_that_have_answered_last() {
    time.advance(ofSeconds(100));
    Candidate dead = ejected("a", 60, 1);
    Candidate slow = ejected("b", 0, 5);
    Candidate slower = ejected("c", 2, 4);
    assertThat(left(List.of(dead, slow, slower))).containsExactly(slow, slower);
  }

  @Test
  void one_that_has_never_answered_is_the_last_to_stay() {
    time.advance(ofSeconds(100));
    Candidate never = ejected("a", -1, 1);
    Candidate once = ejected("b", 90, 5);
    assertThat(left(List.of(never, once))).containsExactly(once);
    assertThat(left(List.of(never))).containsExactly(never);
  }
}
