package dev.resilience;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.Key;
import dev.resilience.observe.CallReportListener;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.CallCompleted;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.time.Simulated;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a stack tells of its calls, and its ways to call that are no policy's business. */
@Simulated(seed = 1)
class ResilienceListenerTest {

  private static final Key<String> REQUEST = Key.of("request", String.class);

  private final Context root;
  private final List<PolicyEvent> events = new ArrayList<>();

  ResilienceListenerTest(Context root) {
    this.root = root.withValue(REQUEST, "r-1");
  }

  private static String fails() throws IOException {
    throw new IOException("down");
  }

  /** A listener that can be switched off, as a recording is. */
  @Nested
  class A_listener_that_wants_no_calls {

    private final AtomicBoolean on = new AtomicBoolean();
    private final PolicyListener recording =
        new PolicyListener() {
          @Override
          public void on(PolicyEvent event) {
            events.add(event);
          }

          @Override
          public boolean wantsCalls() {
            return on.get();
          }
        };

    private void callTwice(Resilience stack) throws Exception {
      stack.<String, RuntimeException>call(root, c -> "quote");
      root.await(stack.callAsync(root, c -> CompletableFuture.completedFuture("quote")));
    }

    @Test
    void hears_of_none() throws Exception {
      callTwice(Resilience.of().withListener(recording));
      assertThat(events).isEmpty();
    }

    @Test
    void hears_of_them_as_soon_as_it_wants_to() throws Exception {
      on.set(true);
      callTwice(Resilience.of().withListener(recording));
      assertThat(events).hasSize(2).allMatch(CallCompleted.class::isInstance);
    }

    @Test
    void keeps_none_from_another_beside_it() throws Exception {
      List<PolicyEvent> others = new ArrayList<>();
      callTwice(Resilience.of().withListener(recording).withAddedListener(others::add));
      assertThat(others).hasSize(2);
      assertThat(PolicyListener.both(recording, recording).wantsCalls()).isFalse();
    }

    @Test
    void hears_of_none_if_it_cannot_say_what_it_wants() throws Exception {
      callTwice(
          Resilience.of()
              .withListener(
                  new PolicyListener() {
                    @Override
                    public void on(PolicyEvent event) {
                      events.add(event);
                    }

                    @Override
                    public boolean wantsCalls() {
                      throw new AssertionError("broken");
                    }
                  }));
      assertThat(events).isEmpty();
    }
  }

  @Nested
  class A_listener_of_the_stack {

    private final Resilience stack = Resilience.of().named("quotes").withListener(events::add);

    @ParameterizedTest
    @EnumSource
    void hears_of_successes_with_the_time_taken(CallMode mode) throws Exception {
      mode.<String>call(
          stack,
          root,
          c -> {
            c.sleep(ofMillis(30));
            return "fine";
          });

      PolicyEvent expected = new CallCompleted("quotes", Verdict.SUCCESS, ofMillis(30), null);
      assertThat(events).containsExactly(expected);
    }

    @ParameterizedTest
    @EnumSource
    void hears_of_failures_as_they_came_out(CallMode mode) throws Exception {
      Throwable failure = catchThrowable(() -> mode.call(stack, root, c -> fails()));

      PolicyEvent expected = new CallCompleted("quotes", Verdict.FAILURE, ZERO, failure);
      assertThat(events).containsExactly(expected);
    }

    @Test
    void judges_by_the_classifier_of_the_stack() {
      Classifier harmless =
          Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.IGNORED);
      catchThrowable(() -> stack.withClassifier(harmless).call(root, c -> fails()));

      assertThat(((CallCompleted) events.get(0)).verdict()).isEqualTo(Verdict.IGNORED);
    }

    @Test
    void costs_the_caller_nothing_when_its_rule_or_itself_throws() throws Exception {
      Classifier broken =
          Classifier.ofDefaults()
              .onResult(
                  String.class,
                  s -> {
                    throw new AssertionError("rule");
                  });
      Resilience told =
          stack
              .withClassifier(broken)
              .withListener(
                  event -> {
                    throw new AssertionError("listener");
                  });

      assertThat(told.<String, RuntimeException>call(root, c -> "fine")).isEqualTo("fine");
      assertThat(told.callAsync(root, c -> CompletableFuture.completedFuture("fine")))
          .isCompletedWithValue("fine");
    }

    @Test
    void is_not_part_of_the_description() {
      assertThat(stack.describe()).isEqualTo("no policy");
      assertThat(stack.name()).isEqualTo("quotes");
      assertThatThrownBy(() -> stack.named(" ")).hasMessage("name: ' ' (expected: not blank)");
    }
  }

  @Nested
  class The_context_of_a_call {

    private final List<String> requests = new ArrayList<>();

    @Test
    void reaches_listeners_of_the_stack() {
      Resilience.of()
          .withListener(
              PolicyListener.withContext((ctx, event) -> requests.add(ctx.require(REQUEST))))
          .call(root, c -> "fine");

      assertThat(requests).containsExactly("r-1");
    }

    @ParameterizedTest
    @EnumSource
    void reaches_listeners_of_reports(CallMode mode) throws Exception {
      Resilience stack =
          Resilience.of(Breaker.builder("b").build())
              .withReports(
                  CallReportListener.withContext(
                      (ctx, report) -> requests.add(ctx.require(REQUEST))));
      catchThrowable(() -> mode.call(stack, root, c -> fails()));

      assertThat(requests).containsExactly("r-1");
    }
  }

  @Nested
  class Blocking_work_on_another_thread {

    private final Queue<Runnable> queue = new ArrayDeque<>();

    @Test
    void completes_the_stage_with_its_result_or_failure() {
      var fine = Resilience.of().callOn(root, queue::add, c -> "fine").toCompletableFuture();
      var failed = Resilience.of().callOn(root, queue::add, c -> fails()).toCompletableFuture();
      assertThat(fine).isNotDone();

      queue.remove().run();
      queue.remove().run();

      assertThat(fine).isCompletedWithValue("fine");
      assertThat(failed).isCompletedExceptionally();
    }

    @Test
    void is_not_begun_for_a_caller_who_left_the_queue() {
      List<String> begun = new ArrayList<>();
      var ctx = root.withCancel();
      var stage = Resilience.of().callOn(ctx, queue::add, c -> begun.add("work"));

      ctx.cancel();

      assertThat(catchThrowable(() -> root.await(stage)).getCause())
          .isInstanceOf(ContextCancelledException.class);
      queue.remove().run();
      assertThat(begun).isEmpty();
    }

    @Test
    void ends_its_context_when_the_future_is_cancelled() {
      List<Context> seen = new ArrayList<>();
      var future =
          Resilience.of()
              .callOn(
                  root,
                  queue::add,
                  c -> {
                    seen.add(c);
                    return c.isDone();
                  })
              .toCompletableFuture();
      future.cancel(true);
      queue.remove().run();

      assertThat(seen).isEmpty();
    }

    @Test
    void fails_with_the_refusal_of_its_executor() {
      var refused = new RejectedExecutionException("full");
      var stage =
          Resilience.of()
              .callOn(
                  root,
                  task -> {
                    throw refused;
                  },
                  c -> "never");

      assertThat(catchThrowable(() -> root.await(stage)).getCause()).isSameAs(refused);
    }
  }

  /** {@code HttpClient.send} throws both. */
  private static String send(boolean interrupted) throws IOException, InterruptedException {
    if (interrupted) {
      throw new InterruptedException();
    }
    return fails();
  }

  @Test
  void work_may_be_interrupted_beside_the_one_checked_exception_that_it_throws() {
    try {
      Resilience.of().call(root.withTimeout(ofSeconds(1)), c -> send(false));
    } catch (IOException alone) {
      assertThat(alone).hasMessage("down");
      return;
    }
    throw new AssertionError("no failure");
  }
}
