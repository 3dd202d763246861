package dev.resilience.retry;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.RetryBudget;
import dev.resilience.time.Simulated;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Simulated(seed = 5)
class RetrySnapshotTest {

  private final Context root;

  RetrySnapshotTest(Context root) {
    this.root = root;
  }

  @ParameterizedTest
  @EnumSource
  void counts_what_was_tried_again_and_what_became_of_it(CallMode mode) throws Exception {
    Retry retry =
        Retry.builder()
            .maxAttempts(3)
            .backoff(Backoff.constant(ofMillis(10)))
            .budget(RetryBudget.builder().burst(4).minimumPerSecond(0).ratio(0).build())
            .build();
    fail(mode, retry, 0); // at once
    fail(mode, retry, 1); // recovers
    fail(mode, retry, 9); // three attempts
    fail(mode, retry, 9); // two, and then no token is left

    RetrySnapshot now = retry.snapshot();
    assertThat(now.retries()).isEqualTo(4);
    assertThat(now.recovered()).isEqualTo(1);
    assertThat(now.stopped()).isEqualTo(2);
    assertThat(now.unpaid()).isEqualTo(1);
    assertThat(now.budgetAvailable()).isZero();
    assertThat(now.budgetCapacity()).isEqualTo(4);
  }

  private void fail(CallMode mode, Retry retry, int times) {
    AtomicInteger calls = new AtomicInteger();
    catchThrowable(
        () ->
            mode.call(
                Resilience.of(retry),
                root,
                c -> {
                  if (calls.getAndIncrement() < times) {
                    throw new IOException("refused");
                  }
                  return "answer";
                }));
  }
}
