package dev.resilience.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.policy.Way;
import dev.resilience.policy.Way.Bench;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TimeoutMonitorTest {

  private final TimeoutMonitor monitor = TimeoutMonitor.create();
  private final Resilience stack =
      Resilience.of(
          FixedTimeout.builder("quotes", Duration.ofMillis(100)).monitor(monitor).build());

  private void call(Bench bench, Context ctx, long millis) {
    Duration time = Duration.ofMillis(millis);
    catchThrowable(
        () -> {
          if (bench.way() == Way.ASYNC) {
            bench.await(stack.callAsync(ctx, c -> c.delay(time)));
          } else {
            stack.run(ctx, c -> c.sleep(time));
          }
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void tells_fast_close_and_timed_out_calls_apart(Way way) throws Exception {
    way.play(
        bench -> {
          for (long millis : new long[] {10, 20, 49, 50, 80, 95, 96, 99, 101, 500}) {
            call(bench, bench.caller, millis);
          }
          try (CancellableContext hurried = bench.caller.withTimeout(Duration.ofMillis(30))) {
            call(bench, hurried, 40);
          }
          catchThrowable(
              () ->
                  bench.call(
                      stack,
                      bench.caller,
                      c -> {
                        throw new IOException("refused");
                      }));
          TimeoutStatistics quotes = monitor.statistics("quotes").orElseThrow();
          assertThat(quotes.limit()).isEqualTo(Duration.ofMillis(100));
          assertThat(quotes.succeeded()).isEqualTo(8);
          assertThat(quotes.fast()).isEqualTo(3);
          assertThat(quotes.nearLimit()).isEqualTo(2);
          assertThat(quotes.timedOut()).isEqualTo(2);
          assertThat(quotes.callerTimedOut()).isEqualTo(1);
          assertThat(quotes.failed()).isEqualTo(1);
          assertThat(quotes.mean()).isEqualTo(Duration.ofNanos(62_375_000));
          assertThat(quotes.median()).isBetween(Duration.ofMillis(50), Duration.ofMillis(52));
          assertThat(quotes.percentile99()).isEqualTo(Duration.ofMillis(99));
          assertThat(quotes.longest()).isEqualTo(Duration.ofMillis(99));
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void says_nothing_of_a_call_that_its_caller_left(Way way) throws Exception {
    way.play(
        bench -> {
          TimeoutStatistics before = monitor.statistics("quotes").orElseThrow();
          try (CancellableContext ctx = bench.caller.withCancel()) {
            bench
                .root
                .timeSource()
                .startTimer(bench.root.timeSource().nanoTime() + 1_000_000, ctx::cancel);
            call(bench, ctx, 50);
          }
          assertThat(monitor.statistics("quotes").orElseThrow()).hasToString(before.toString());
        });
  }

  @Test
  void tells_the_latest_limit_whatever_came_of_the_call() throws Exception {
    Way.PLATFORM_THREAD.play(
        bench -> {
          call(bench, bench.caller, 1);
          assertThat(monitor.statistics("quotes").orElseThrow().limit())
              .isEqualTo(Duration.ofMillis(100));
        });
    TimeoutMonitor other = TimeoutMonitor.create();
    Way.PLATFORM_THREAD.play(
        bench -> {
          FixedTimeout timeout =
              FixedTimeout.builder("orders", Duration.ofMillis(7)).monitor(other).build();
          catchThrowable(() -> bench.callForEver(Resilience.of(timeout), bench.caller));
          assertThat(other.statistics("orders").orElseThrow().limit())
              .isEqualTo(Duration.ofMillis(7));
        });
  }

  @Test
  @Timeout(60)
  void is_read_by_one_thread_after_the_other() throws Exception {
    assertThat(monitor.operations()).hasSize(1);
    Thread reader = new Thread(monitor::operations);
    reader.start();
    reader.join();
  }

  @Test
  void counts_operations_apart_and_over_all_time_outs_of_a_name() throws Exception {
    Way.PLATFORM_THREAD.play(
        bench -> {
          AdaptiveTimeout adaptive = AdaptiveTimeout.builder("quotes").monitor(monitor).build();
          ServiceTimeouts services = ServiceTimeouts.builder().monitor(monitor).build();
          call(bench, bench.caller, 10);
          Resilience.of(adaptive).run(bench.caller, c -> c.sleep(Duration.ofMillis(10)));
          Resilience.of(services.forService("mail")).run(bench.caller, c -> {});
          assertThat(monitor.operations())
              .extracting(TimeoutStatistics::operation, TimeoutStatistics::succeeded)
              .containsExactly(
                  org.assertj.core.groups.Tuple.tuple("mail", 1L),
                  org.assertj.core.groups.Tuple.tuple("quotes", 2L));
        });
  }

  @Test
  void knows_only_what_it_was_given_to() {
    assertThat(monitor.statistics("orders")).isEmpty();
    assertThat(monitor.statistics("quotes").orElseThrow().median()).isEqualTo(Duration.ZERO);
  }
}
