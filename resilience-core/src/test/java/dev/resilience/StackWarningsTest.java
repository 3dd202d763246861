package dev.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class StackWarningsTest {

  private final ContextPolicy retry = of(PolicyRole.RETRY);
  private final ContextPolicy breaker = of(PolicyRole.BREAKER);
  private final ContextPolicy timeout = of(PolicyRole.TIMEOUT);
  private final ContextPolicy limit = of(PolicyRole.LIMIT);
  private final ContextPolicy hedge = of(PolicyRole.HEDGE);
  private final ContextPolicy fallback = of(PolicyRole.FALLBACK);

  @Test
  void the_usual_order_is_not_remarked_on() {
    assertThat(Resilience.of().warnings()).isEmpty();
    assertThat(Resilience.of(fallback, retry, hedge, breaker, limit, timeout).warnings()).isEmpty();
  }

  @Test
  void a_policy_that_says_nothing_is_not_remarked_on() {
    ContextPolicy silent = of(PolicyRole.OTHER);
    assertThat(Resilience.of(silent, retry, silent, breaker).warnings()).isEmpty();
  }

  @Test
  void a_fallback_inside_a_retry_or_a_breaker() {
    assertWarns("never tries again", retry, fallback);
    assertWarns("never opens", breaker, fallback);
  }

  @Test
  void a_retry_inside_a_breaker() {
    assertWarns("one permit of a half-open circuit lets all of them through", breaker, retry);
  }

  @Test
  void a_timeout_outside_a_retry_or_a_limit() {
    assertWarns("to limit each attempt, put it inside the retry", timeout, retry);
    assertWarns("the wait for the limit counts as time of the call", timeout, limit);
  }

  @Test
  void attempts_that_multiply() {
    assertWarns("the numbers of attempts multiply", retry, of(PolicyRole.RETRY));
    assertWarns("the numbers multiply", hedge, retry);
    assertWarns("the numbers of attempts multiply", hedge, of(PolicyRole.HEDGE));
  }

  @Test
  void a_limit_that_counts_one_for_many() {
    assertWarns("more often than the limit says", limit, retry);
    assertWarns("more often than the limit says", limit, hedge);
  }

  @Test
  void the_same_object_in_two_places() {
    assertWarns("they may wait for each other for ever", limit, limit);
    assertWarns("counts each call twice", breaker, breaker);
    assertThat(Resilience.of(limit, of(PolicyRole.LIMIT)).warnings()).isEmpty();
  }

  @Test
  void also_when_something_is_between() {
    assertThat(Resilience.of(retry, breaker, fallback).warnings())
        .hasSize(2)
        .first()
        .isEqualTo(
            "RETRY is outside FALLBACK: the retry sees the fallback's answers in place of the"
                + " failures, and never tries again");
  }

  private static void assertWarns(String effect, ContextPolicy outer, ContextPolicy inner) {
    assertThat(Resilience.of(outer, inner).warnings())
        .singleElement()
        .asString()
        .startsWith(outer + " is outside " + inner)
        .contains(effect);
  }

  private static ContextPolicy of(PolicyRole role) {
    return new ContextPolicy() {
      @Override
      public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
        return next.call(ctx, work);
      }

      @Override
      public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
        return next.callAsync(ctx, work);
      }

      @Override
      public PolicyRole role() {
        return role;
      }

      @Override
      public String toString() {
        return role.name();
      }
    };
  }
}
