package dev.resilience.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.policy.Way;
import dev.resilience.policy.Way.Bench;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MoreTimeTest {

  private final Resilience stack = Resilience.of(MoreTime.atLeast(Duration.ofSeconds(3)));

  private String work(Bench bench, CancellableContext ctx, Duration time) throws Exception {
    return bench.way() == Way.ASYNC
        ? bench.await(stack.callAsync(ctx, c -> c.delay(time).thenApply(n -> "done")))
        : stack.call(
            ctx,
            c -> {
              c.sleep(time);
              return "done";
            });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void the_callers_deadline_does_not_cut_the_work_off(Way way) throws Exception {
    way.play(
        bench -> {
          try (CancellableContext ctx = bench.caller.withTimeout(Duration.ofSeconds(1))) {
            assertThat(work(bench, ctx, Duration.ofSeconds(2))).isEqualTo("done");
            assertThat(ctx.error()).isInstanceOf(DeadlineExceededException.class);
          }
          assertThat(bench.pendingTimers()).isZero();
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void the_time_that_was_asked_for_does(Way way) throws Exception {
    way.play(
        bench -> {
          try (CancellableContext ctx = bench.caller.withTimeout(Duration.ofSeconds(1))) {
            assertThatThrownBy(() -> work(bench, ctx, Duration.ofSeconds(9)))
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(bench.elapsed()).isEqualTo(Duration.ofSeconds(3));
          }
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void a_cancel_after_the_callers_deadline_is_heard(Way way) throws Exception {
    way.play(
        bench -> {
          bench.meanwhile(() -> bench.caller.cancel(CancelReason.USER));
          try (CancellableContext ctx = bench.caller.withTimeout(Duration.ofMillis(500))) {
            assertThatThrownBy(() -> work(bench, ctx, Duration.ofSeconds(9)))
                .isInstanceOf(ContextCancelledException.class);
            assertThat(bench.elapsed()).isEqualTo(Duration.ofSeconds(1));
          }
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void work_is_not_begun_when_the_time_was_up_before(Way way) throws Exception {
    way.play(
        bench -> {
          Resilience inLimit =
              Resilience.of(new UsesUpTheTime(), MoreTime.atLeast(Duration.ofSeconds(3)));
          assertThatThrownBy(
                  () ->
                      bench.call(
                          inLimit,
                          bench.caller,
                          c -> {
                            throw new AssertionError("begun");
                          }))
              .isInstanceOfSatisfying(
                  DeadlineExceededException.class,
                  thrown -> assertThat(thrown.ran()).contains(Duration.ZERO));
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void the_context_of_the_work_ends_with_it(Way way) throws Exception {
    way.play(
        bench -> {
          AtomicReference<Context> given = new AtomicReference<>();
          bench.call(
              stack,
              bench.caller,
              c -> {
                given.set(c);
                return "done";
              });
          assertThat(given.get().isDone()).isTrue();
        });
  }

  @Test
  void refuses_bad_input() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MoreTime.atLeast(Duration.ZERO))
        .withMessage("time: 0 s (expected: > 0)");
    assertThat(MoreTime.atLeast(Duration.ofSeconds(1))).hasToString("more time (at least 1 s)");
    assertThat(MoreTime.atLeast(Duration.ofSeconds(1)).time()).isEqualTo(Duration.ofSeconds(1));
  }
}
