package dev.resilience.failsafe;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.failsafe.Bulkhead;
import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.policy.CallMode;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A bulkhead of Failsafe's has all its permits again, whatever became of those who waited for one.
 */
class AdoptedBulkheadTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);

  private final Bulkhead<Object> theirs = full(ofMillis(40));

  private static Bulkhead<Object> full(Duration maxWait) {
    Bulkhead<Object> bulkhead = Bulkhead.builder(2).withMaxWaitTime(maxWait).build();
    assertThat(bulkhead.tryAcquirePermit()).isTrue();
    assertThat(bulkhead.tryAcquirePermit()).isTrue();
    return bulkhead;
  }

  private static int freeAfterRelease(Bulkhead<Object> bulkhead) {
    bulkhead.releasePermit();
    bulkhead.releasePermit();
    int free = 0;
    while (bulkhead.tryAcquirePermit()) {
      free++;
    }
    return free;
  }

  private Throwable fails(CallMode mode, Bulkhead<Object> bulkhead, Context ctx) throws Exception {
    Resilience stack = Resilience.of(FailsafePolicies.policy(bulkhead));
    return time.run(() -> catchThrowable(() -> mode.call(stack, ctx, c -> "in")));
  }

  @ParameterizedTest
  @EnumSource
  void after_their_wait_has_passed(CallMode mode) throws Exception {
    long start = time.nanoTime();
    assertThat(fails(mode, theirs, root)).isInstanceOf(ConcurrencyLimitExceededException.class);
    assertThat(time.nanoTime() - start).isEqualTo(ofMillis(40).toNanos());
    assertThat(freeAfterRelease(theirs)).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void after_their_deadline_has_passed(CallMode mode) throws Exception {
    Bulkhead<Object> patient = full(ofSeconds(10));
    try (var ctx = root.withTimeout(ofMillis(30))) {
      assertThat(fails(mode, patient, ctx))
          .isInstanceOfAny(ContextException.class, ConcurrencyLimitExceededException.class);
    }
    assertThat(freeAfterRelease(patient)).isEqualTo(2);
  }

  @Test
  void after_their_future_was_cancelled() throws Exception {
    Bulkhead<Object> patient = full(ofSeconds(10));
    Resilience stack = Resilience.of(FailsafePolicies.policy(patient));
    time.run(
        () -> {
          var future =
              stack
                  .callAsync(root, c -> CompletableFuture.completedFuture("in"))
                  .toCompletableFuture();
          root.sleep(ofMillis(10));
          future.cancel(true);
          root.sleep(ofMillis(10));
          return null;
        });
    assertThat(freeAfterRelease(patient)).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void and_one_that_is_free_in_time_is_taken_and_given_back(CallMode mode) throws Exception {
    Resilience stack = Resilience.of(FailsafePolicies.policy(theirs));
    String answer =
        time.run(
            () -> {
              time.start(
                  "release",
                  () -> {
                    root.sleep(ofMillis(15));
                    theirs.releasePermit();
                  });
              return mode.<String>call(stack, root, c -> "in");
            });
    assertThat(answer).isEqualTo("in");
    theirs.releasePermit();
    assertThat(theirs.tryAcquirePermit()).isTrue();
    assertThat(theirs.tryAcquirePermit()).isTrue();
    assertThat(theirs.tryAcquirePermit()).isFalse();
  }
}
