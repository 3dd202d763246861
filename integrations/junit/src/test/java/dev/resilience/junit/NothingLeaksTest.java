package dev.resilience.junit;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.context.Context;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The library itself closes every context that it derives, whatever comes of a call. */
@Simulated(seed = 3)
@FailOnContextLeaks
class NothingLeaksTest {

  static Stream<Arguments> stacks() {
    return Stream.of(
        stack("no policy", Resilience.of()),
        stack("http", Preset.http("http").build()),
        stack("rpc", Preset.rpc("rpc").build()),
        stack("database", Preset.database("database").build()),
        stack("cache", Preset.cache("cache").build()),
        stack(
            "retry and fixed time-out",
            Resilience.of(Retry.ofDefaults(), FixedTimeout.of(ofMillis(50)))),
        stack(
            "adaptive time-out",
            Resilience.of(
                AdaptiveTimeout.builder("adaptive")
                    .between(ofMillis(20), ofSeconds(2))
                    .startingAt(ofMillis(50))
                    .build())),
        stack(
            "limit with a queue",
            Resilience.of(ConcurrencyLimit.builder("one", 1).maxWaiting(1).build())));
  }

  private static Arguments stack(String name, Resilience stack) {
    return Arguments.of(name, stack);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("stacks")
  void of_calls_that_succeed_fail_are_slow_and_are_left(
      String name, Resilience stack, VirtualTime.Automatic time, Context root) throws Exception {
    try (var request = root.withTimeout(ofSeconds(5))) {
      String answer = stack.call(request, c -> "answer");
      String later =
          request.await(stack.callAsync(request, c -> CompletableFuture.completedFuture("later")));
      assertThat(answer + later).isEqualTo("answerlater");
      catchThrowable(() -> stack.call(request, c -> fail()));
      catchThrowable(
          () ->
              request.await(
                  stack.callAsync(
                      request, c -> CompletableFuture.failedFuture(new IOException("down")))));
      catchThrowable(() -> stack.run(request, c -> c.sleep(ofMillis(200))));
      catchThrowable(() -> request.await(stack.callAsync(request, c -> c.delay(ofMillis(200)))));
    }
    try (var hasty = root.withTimeout(ofMillis(20))) {
      var other = time.start("other", () -> catchThrowable(() -> slow(stack, hasty)));
      catchThrowable(() -> slow(stack, hasty));
      catchThrowable(() -> hasty.await(stack.callAsync(hasty, c -> c.delay(ofSeconds(1)))));
      other.join();
    }
    root.sleep(ofSeconds(5));
  }

  private static String fail() throws IOException {
    throw new IOException("down");
  }

  private static void slow(Resilience stack, Context ctx) throws InterruptedException {
    stack.run(ctx, c -> c.sleep(ofSeconds(1)));
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
