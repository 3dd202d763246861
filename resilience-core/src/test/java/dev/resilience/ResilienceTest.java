package dev.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.Verdict;
import dev.resilience.policy.Way;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResilienceTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final CancellableContext ctx = Context.background(time).withCancel();
  private final Resilience none = Resilience.of();
  private final IOException refused = new IOException("refused");

  @Nested
  class A_stack {

    @Test
    void calls_its_policies_from_the_outermost_in() throws Exception {
      List<String> order = new ArrayList<>();
      Resilience stack = Resilience.of(new Named("a", order), new Named("b", order));
      assertThat(stack.<String, RuntimeException>call(ctx, c -> "result")).isEqualTo("result");
      assertThat(stack.callAsync(ctx, c -> CompletableFuture.completedFuture("result")))
          .isCompletedWithValue("result");
      stack.run(ctx, c -> order.add("work"));
      assertThat(order).containsExactly("a", "b", "a", "b", "a", "b", "work");
    }

    @Test
    void describes_itself_in_a_line() {
      List<String> order = new ArrayList<>();
      assertThat(Resilience.of(new Named("retry", order), new Named("breaker", order)))
          .hasToString("retry > breaker");
      assertThat(none.describe()).isEqualTo("no policy");
    }

    @Test
    void is_not_changed_through_the_array_that_it_was_made_of() {
      ContextPolicy[] policies = {new Named("a", new ArrayList<>())};
      Resilience stack = Resilience.of(policies);
      policies[0] = new Named("b", new ArrayList<>());
      assertThat(stack.describe()).isEqualTo("a");
    }

    @Test
    void changes_its_policies_and_keeps_the_rest() {
      List<String> order = new ArrayList<>();
      List<Object> heard = new ArrayList<>();
      ContextPolicy kept = new Named("a", order);
      Resilience before =
          Resilience.of(kept, new Named("b", order))
              .named("orders")
              .withClassifier(
                  Classifier.ofDefaults().onResult(String.class, bad -> Verdict.FAILURE))
              .withListener(heard::add);
      Resilience after = before.withPolicies(before.policies().get(0), new Named("c", order));

      after.run(ctx, c -> order.add("work"));
      assertThat(order).containsExactly("a", "c", "work");
      assertThat(after.policies()).first().isSameAs(kept);
      assertThat(after.name()).isEqualTo("orders");

      assertThat(after.<String, RuntimeException>call(ctx, c -> "bad")).isEqualTo("bad");
      assertThat(heard)
          .extracting(event -> ((PolicyEvent.CallCompleted) event).verdict())
          .as("told to the listener, as the classifier judges")
          .containsExactly(Verdict.SUCCESS, Verdict.FAILURE);
      assertThat(after.classifier()).isSameAs(before.classifier());
      assertThat(before.policies()).extracting(Object::toString).containsExactly("a", "b");
    }

    @Test
    void refuses_a_null_policy_by_its_place() {
      assertThatThrownBy(() -> Resilience.of(new Named("a", new ArrayList<>()), null))
          .isInstanceOf(NullPointerException.class)
          .hasMessage("outermostFirst[1]");
    }

    @Test
    void without_policies_passes_a_context_on_that_has_the_callers_values_and_end() {
      Key<String> key = Key.of("key", String.class);
      try (CancellableContext caller = ctx.withValue(key, "value").withCancel()) {
        Context given = none.<Context, RuntimeException>call(caller, c -> c);
        assertThat(given.get(key)).isEqualTo("value");
        caller.cancel(CancelReason.USER);
        assertThat(given.cause()).isSameAs(CancelReason.USER);
      }
    }

    @Test
    void passes_a_context_on_that_never_ends_as_it_is() {
      Context background = Context.background(time);
      assertThat(none.<Context, RuntimeException>call(background, c -> c)).isSameAs(background);
    }

    @Test
    void that_breaks_its_contract_fails_the_stage() {
      ContextPolicy broken =
          new Named("broken", new ArrayList<>()) {
            @Override
            public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
              return null;
            }
          };
      assertThat(Resilience.of(broken).callAsync(ctx, c -> new CompletableFuture<>()))
          .isCompletedExceptionally();
      assertThat(ContextProbe.waiters(ctx)).isZero();
    }
  }

  @Nested
  class A_deadline_that_has_passed {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void unnoticed_by_anybody_fails_the_call_before_it_begins(Way way) throws Exception {
      way.play(
          bench -> {
            CancellableContext late = bench.root.withTimeout(SECOND);
            bench.root.sleep(SECOND);
            assertThatThrownBy(
                    () ->
                        bench.call(
                            none,
                            late,
                            c -> {
                              throw new AssertionError("begun");
                            }))
                .isInstanceOf(DeadlineExceededException.class);
          });
    }
  }

  @Nested
  class An_interruption {

    @Test
    void that_nobody_of_ours_has_caused_is_not_lost_when_the_callers_time_was_up() {
      CancellableContext late = ctx.withTimeout(SECOND);
      Throwable thrown =
          catchThrowable(
              () ->
                  none.withoutInterrupts()
                      .call(
                          late,
                          c -> {
                            time.advance(SECOND);
                            throw new InterruptedException();
                          }));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(thrown).isInstanceOf(CallInterruptedException.class);
    }
  }

  @Nested
  class The_stage {

    private final CompletableFuture<String> theirs = new CompletableFuture<>();
    private final AtomicReference<Context> given = new AtomicReference<>();
    private final CompletionStage<String> stage =
        none.callAsync(
            ctx,
            c -> {
              given.set(c);
              return theirs;
            });
    private final CompletableFuture<String> ours = stage.toCompletableFuture();

    @Test
    void shows_the_raw_failure_where_a_stage_does_and_wraps_it_once_where_the_jdk_does() {
      theirs.completeExceptionally(new CompletionException(new CompletionException(refused)));
      AtomicReference<Throwable> seen = new AtomicReference<>();
      stage.whenComplete((value, failure) -> seen.set(failure));
      assertThat(seen).hasValue(refused);
      assertThat(ours.handle((value, failure) -> failure)).isCompletedWithValue(refused);
      assertThatThrownBy(ours::join).isInstanceOf(CompletionException.class).hasCause(refused);
      assertThatThrownBy(ours::get).isInstanceOf(ExecutionException.class).hasCause(refused);
    }

    @Test
    void shows_a_cancellation_of_theirs_as_the_failure_that_it_is() {
      CancellationException pool = new CancellationException("pool closed");
      theirs.completeExceptionally(pool);
      assertThat(ours.handle((value, failure) -> failure)).isCompletedWithValue(pool);
      assertThat(ctx.isDone()).isFalse();
    }

    @Test
    void ends_with_the_context_though_theirs_never_does() {
      ctx.cancel(CancelReason.USER);
      assertThat(ours.handle((value, failure) -> failure).join())
          .isInstanceOf(ContextCancelledException.class)
          .hasCause(CancelReason.USER);
      assertThat(theirs).isNotDone();
    }

    @Test
    void ends_the_works_context_when_it_completes() {
      assertThat(given.get().isDone()).isFalse();
      theirs.complete("result");
      assertThat(given.get().cause()).isSameAs(CancelReason.CLOSED);
    }

    @Test
    void has_let_go_of_everything_when_its_dependents_run() {
      AtomicReference<Integer> listeners = new AtomicReference<>();
      assertThat(ContextProbe.waiters(ctx)).isEqualTo(1);
      stage.whenComplete((value, failure) -> listeners.set(ContextProbe.waiters(ctx)));
      theirs.complete("result");
      assertThat(listeners).hasValue(0);
    }

    @Test
    void when_cancelled_is_the_callers_cancel() {
      ours.cancel(false);
      assertThat(given.get().error()).isInstanceOf(ContextCancelledException.class);
      assertThat(given.get().cause()).hasMessage("the future of the call was cancelled");
      assertThat(ctx.isDone()).isFalse();
      assertThat(ContextProbe.waiters(ctx)).isZero();
    }

    @Test
    void when_completed_from_outside_is_the_callers_cancel() {
      ours.completeExceptionally(new TimeoutException("the user's own"));
      assertThat(given.get().error()).isInstanceOf(ContextCancelledException.class);
      assertThat(ContextProbe.waiters(ctx)).isZero();
    }

    @Test
    void is_not_cancelled_by_the_cancel_of_one_that_depends_on_it() {
      ours.thenApply(s -> s).cancel(true);
      assertThat(given.get().isDone()).isFalse();
      assertThat(ours).isNotDone();
    }
  }

  private static class Named implements ContextPolicy {

    private final String name;
    private final List<String> order;

    Named(String name, List<String> order) {
      this.name = name;
      this.order = order;
    }

    @Override
    public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
      order.add(name);
      return next.call(ctx, work);
    }

    @Override
    public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
      order.add(name);
      return next.callAsync(ctx, work);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
