package dev.resilience.junit;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.context.Context;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The library itself closes every context that it derives, whatever comes of a call. */
@Simulated(seed = 3)
@FailOnContextLeaks
class NothingLeaksTest {

  private static String fail() throws IOException {
    throw new IOException("down");
  }

  @Test
  void of_fallbacks_races_groups_and_budgets(Context root) throws Exception {
    try (var request = root.withTimeout(ofSeconds(5))) {
      var stack =
          Resilience.of(FixedTimeout.of(ofMillis(50)))
              .withFallback(Fallbacks.<String>onAny((c, failure) -> "stale"));
      catchThrowable(() -> stack.call(request, c -> fail()));
      catchThrowable(
          () ->
              FirstSuccess.race(
                  request,
                  c -> {
                    c.sleep(ofMillis(10));
                    return "first";
                  },
                  c -> {
                    c.sleep(ofSeconds(1));
                    return "second";
                  }));
      try (var group = TaskGroup.open(request)) {
        group.fork(
            c -> {
              c.sleep(ofMillis(10));
              return "done";
            });
        group.join();
      }
      Phase first = Phase.of("first", 10);
      Phase second = Phase.of("second", 90);
      try (var spend = TimeBudget.of(first, second).start(request)) {
        spend.call(first, c -> "auth");
        catchThrowable(() -> spend.call(second, c -> fail()));
      }
    }
  }
}
