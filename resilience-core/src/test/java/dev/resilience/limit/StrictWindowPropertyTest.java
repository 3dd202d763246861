package dev.resilience.limit;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A quota that a stranger counts: never more than N in any window, though N at once. */
class StrictWindowPropertyTest {

  @Test
  void a_token_bucket_lets_twice_as_many_pass_in_the_worst_second_and_a_strict_window_does_not() {
    assertThat(inTheWorstSecond(RateLimit.builder("bucket").rate(10, ofSeconds(1)).build()))
        .isEqualTo(19);
    assertThat(
            inTheWorstSecond(
                RateLimit.builder("strict").rate(10, ofSeconds(1)).strictWindow().build()))
        .isEqualTo(10);
  }

  /** All at once, and then as fast as it goes. */
  private static int inTheWorstSecond(RateLimit limit) {
    VirtualTime.Manual time = VirtualTime.manual();
    Context root = Context.background(time);
    int passed = 0;
    for (int i = 0; i < 999; i++) {
      while (limit.tryAcquire(root)) {
        passed++;
      }
      time.advance(ofMillis(1));
    }
    return passed;
  }

  @Test
  void who_waits_gets_in_when_the_oldest_falls_out_of_the_window() throws Exception {
    RateLimit limit = RateLimit.builder("quota").rate(3, ofSeconds(1)).strictWindow().build();
    VirtualTime.Automatic time = VirtualTime.automatic(1);
    Context root = Context.background(time);
    time.run(
        () -> {
          limit.acquire(root);
          root.sleep(ofMillis(300));
          limit.acquire(root, 2);
          try (Reservation fourth = limit.reserve(root, 1);
              Reservation fifth = limit.reserve(root, 1);
              Reservation seventh = limit.reserve(root, 2)) {
            assertThat(fourth.delay()).isEqualTo(ofMillis(700));
            assertThat(fifth.delay()).isEqualTo(ofSeconds(1));
            assertThat(seventh.delay()).isEqualTo(ofMillis(1_700));
          }
          limit.acquire(root);
          assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
          try (var hurried = root.withTimeout(ofMillis(200))) {
            assertThatThrownBy(() -> limit.acquire(hurried))
                .isInstanceOfSatisfying(
                    RateLimitExceededException.class,
                    e -> assertThat(e.retryAfter()).contains(ofMillis(300)));
          }
          return null;
        });
  }

  @Test
  void what_is_reserved_counts_until_it_is_known_when_it_is_used() {
    RateLimit limit = RateLimit.builder("quota").rate(2, ofSeconds(1)).strictWindow().build();
    VirtualTime.Manual time = VirtualTime.manual();
    Context root = Context.background(time);
    Reservation held = limit.reserve(root, 1);
    time.advance(ofSeconds(60));
    assertThat(limit.tryAcquire(root)).isTrue();
    assertThat(limit.tryAcquire(root)).as("a third").isFalse();
    assertThat(held.cancel()).isTrue();
    assertThat(limit.tryAcquire(root)).isTrue();
  }

  @Test
  void has_no_burst() {
    assertThatThrownBy(() -> RateLimit.builder("quota").burst(5).strictWindow().build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("burst: 5 (expected: none, a strict window has 100 tokens)");
    assertThatThrownBy(() -> RateLimit.builder("quota").strictWindow().build().changeBurst(5))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void never_more_than_the_quota_in_any_window() {
    Schedules.check(
        1_000,
        (seed, random) -> {
          VirtualTime.Automatic time = VirtualTime.automatic(seed);
          Context root = Context.background(time);
          int quota = 1 + random.nextInt(8);
          Duration per = ofMillis(50 + random.nextInt(400));
          RateLimit limit = RateLimit.builder("quota").rate(quota, per).strictWindow().build();
          Resilience stack = Resilience.of(limit);
          List<Long> uses = new ArrayList<>();
          time.run(
              () -> {
                for (int i = 0; i < 6; i++) {
                  time.start(
                      "caller-" + i,
                      () -> {
                        for (int call = 0; call < 6; call++) {
                          root.sleep(ofMillis(random.nextInt(100)));
                          try (var ctx = root.withTimeout(ofMillis(1 + random.nextInt(500)))) {
                            if (random.nextInt(3) == 0) {
                              try (Reservation reservation = limit.reserve(ctx, 1)) {
                                root.sleep(ofMillis(random.nextInt(100)));
                                if (random.nextBoolean()) {
                                  reservation.await(ctx);
                                  uses.add(time.elapsed().toNanos());
                                }
                              }
                            } else {
                              stack.run(ctx, c -> uses.add(time.elapsed().toNanos()));
                            }
                          } catch (RateLimitExceededException | ContextException notNow) {
                            // As good as any.
                          }
                        }
                      });
                }
                return null;
              });
          for (int first = 0; first + quota < uses.size(); first++) {
            assertThat(uses.get(first + quota) - uses.get(first))
                .as("%s uses in less than %s", quota + 1, per)
                .isGreaterThanOrEqualTo(per.toNanos());
          }
          assertThat(limit.snapshot().waiting()).isZero();
          assertThat(time.pendingTimers()).isZero();
        });
  }
}
