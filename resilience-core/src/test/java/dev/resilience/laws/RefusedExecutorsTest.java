package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.RefusingTime;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever waits for a timer or for a thread ends its call also where there is none: a back-off, a
 * hedge's delay, a turn in a line, a time-out.
 */
@Timeout(60)
class RefusedExecutorsTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final RefusingTime refusing = new RefusingTime(time);
  private final Context root = Context.background(refusing);

  static Stream<ContextPolicy> policies() {
    return Stream.of(
        Retry.builder().backoff(Backoff.constant(ofMillis(10))).build(),
        Hedge.after(ofMillis(10)),
        FixedTimeout.of(ofMillis(10)),
        AdaptiveTimeout.ofDefaults("adaptive"),
        Breaker.ofDefaults("breaker"),
        ConcurrencyLimit.of(1),
        RateLimit.builder("tokens").rate(1, ofSeconds(1)).build());
  }

  /** Fails first, so that a retry waits; then never completes by itself, so that all others do. */
  private CompletableFuture<String> begin(Resilience stack, Context ctx, AtomicInteger attempts) {
    return stack
        .<String>callAsync(
            ctx,
            c ->
                attempts.incrementAndGet() == 1
                    ? CompletableFuture.failedFuture(new IllegalStateException("first"))
                    : new CompletableFuture<>())
        .toCompletableFuture();
  }

  @ParameterizedTest
  @MethodSource("policies")
  void a_full_pool_keeps_no_call_from_its_end(ContextPolicy policy) throws Exception {
    CancellableContext ctx = root.withTimeout(ofSeconds(2));
    CompletableFuture<String> call = begin(Resilience.of(policy), ctx, new AtomicInteger());

    refusing.isFull = true;
    time.advance(ofSeconds(3));

    assertThat(call.handle((value, failure) -> failure).get()).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("policies")
  void a_timer_that_cannot_be_had_ends_the_call_that_asked_for_it(ContextPolicy policy) {
    refusing.isWithoutTimers = true;
    Resilience stack = Resilience.of(policy);
    CompletableFuture<String> call = begin(stack, root, new AtomicInteger());

    if (!call.isDone()) {
      // It asked for none: its caller still can leave.
      call.cancel(true);
    }
    refusing.isWithoutTimers = false;
    CompletableFuture<String> later =
        stack
            .callAsync(root, c -> CompletableFuture.completedFuture("result"))
            .toCompletableFuture();

    time.advance(ofSeconds(2)); // until there is a token again
    assertThat(later.join()).isEqualTo("result");
  }

  @Test
  void a_hedge_without_a_thread_leaves_the_first_attempt_alone() throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    CompletableFuture<String> call =
        Resilience.of(Hedge.after(ofMillis(10))).callAsync(root, c -> answer).toCompletableFuture();

    refusing.isFull = true;
    time.advance(ofMillis(20));
    answer.complete("slow");

    assertThat(call.get()).isEqualTo("slow");
  }

  @Test
  void a_retry_whose_back_off_cannot_be_timed_says_why_and_keeps_its_failure() {
    refusing.isWithoutTimers = true;
    IllegalStateException failure = new IllegalStateException("busy");

    CompletableFuture<String> call =
        Resilience.of(Retry.builder().backoff(Backoff.constant(ofMillis(10))).build())
            .<String>callAsync(root, c -> CompletableFuture.failedFuture(failure))
            .toCompletableFuture();

    assertThat(call).isCompletedExceptionally();
    Throwable thrown = call.handle((value, end) -> end).join();
    assertThat(thrown).isInstanceOfAny(OutOfMemoryError.class, RejectedExecutionException.class);
    assertThat(thrown).hasSuppressedException(failure);
  }
}
