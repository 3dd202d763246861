package dev.resilience.limit;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.Criticality;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** A permit without blocking. */
class AcquireAsyncTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final ConcurrencyLimit limit = ConcurrencyLimit.builder("in", 1).maxWaiting(2).build();

  private CompletableFuture<Permit> acquire(Context ctx) {
    return limit.acquireAsync(ctx).toCompletableFuture();
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    Throwable thrown = catchThrowable(future::join);
    return thrown instanceof CompletionException ? thrown.getCause() : thrown;
  }

  private void settle() {
    time.advance(Duration.ZERO);
  }

  @Test
  void is_there_at_once_where_one_is_free() {
    try (Permit permit = acquire(root).join()) {
      assertThat(limit.snapshot().inUse()).isOne();
    }
    assertThat(limit.snapshot().inUse()).isZero();
  }

  @Test
  void comes_when_it_is_the_calls_turn_and_the_most_critical_goes_first() {
    Permit first = acquire(root).join();
    CompletableFuture<Permit> low = acquire(Criticality.SHEDDABLE.in(root));
    CompletableFuture<Permit> high = acquire(Criticality.CRITICAL_PLUS.in(root));
    settle();
    assertThat(low).isNotDone();
    first.close();
    settle();
    assertThat(high).isCompleted();
    assertThat(low).isNotDone();
    high.join().close();
    settle();
    low.join().close();
    assertThat(limit.snapshot().inUse()).isZero();
    assertThat(limit.snapshot().waiting()).isZero();
  }

  @Test
  void fails_at_once_where_too_many_wait_or_the_context_has_ended() {
    Permit first = acquire(root).join();
    assertThat(acquire(root)).isNotDone();
    assertThat(acquire(root)).isNotDone();
    assertThat(failureOf(acquire(root))).isInstanceOf(ConcurrencyLimitExceededException.class);
    CancellableContext ended = root.withCancel();
    ended.cancel();
    assertThat(failureOf(acquire(ended))).isInstanceOf(ContextCancelledException.class);
    first.close();
  }

  @Test
  void fails_when_the_context_ends_first() {
    Permit first = acquire(root).join();
    try (CancellableContext cancelled = root.withCancel();
        CancellableContext hasty = root.withTimeout(ofMillis(100))) {
      CompletableFuture<Permit> one = acquire(cancelled);
      CompletableFuture<Permit> other = acquire(hasty);
      cancelled.cancel();
      time.advance(ofSeconds(1));
      assertThat(failureOf(one)).isInstanceOf(ContextCancelledException.class);
      assertThat(failureOf(other)).isInstanceOf(DeadlineExceededException.class);
    }
    assertThat(limit.snapshot().waiting()).isZero();
    first.close();
    assertThat(limit.snapshot().inUse()).isZero();
  }

  @Test
  void is_given_back_where_nobody_takes_it() {
    Permit first = acquire(root).join();
    CompletableFuture<Permit> left = acquire(root);
    left.cancel(true);
    first.close();
    settle();
    assertThat(limit.snapshot().inUse()).isZero();
    try (Permit next = acquire(root).join()) {
      assertThat(limit.snapshot().inUse()).isOne();
    }
  }
}
