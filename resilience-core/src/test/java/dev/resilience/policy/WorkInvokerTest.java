package dev.resilience.policy;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.hedge.Hedge;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.MoreTime;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every stack does for its work, whatever policies it has. */
class WorkInvokerTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final List<Object> told = new ArrayList<>();

  static Stream<Resilience> stacks() {
    return Stream.of(
        Resilience.of(),
        Resilience.of(Retry.of(1)),
        Resilience.of(Retry.ofDefaults(), Breaker.ofDefaults("b")),
        Resilience.of(FixedTimeout.of(ofSeconds(60))),
        Resilience.of(Retry.ofDefaults(), FixedTimeout.of(ofSeconds(60))),
        Resilience.of(MoreTime.atLeast(ofSeconds(1))),
        Resilience.of(Retry.ofDefaults()).withReports(report -> {}));
  }

  /** Plays the socket, the connection, the statement: closed, it fails who uses it. */
  private static final class Resource implements AutoCloseable {

    private boolean closed;

    @Override
    public void close() {
      closed = true;
    }

    String read() throws IOException {
      if (closed) {
        throw new SocketException("Socket closed");
      }
      return "data";
    }
  }

  private static List<Throwable> besidesTheReport(Throwable thrown) {
    return Stream.of(thrown.getSuppressed())
        .filter(suppressed -> !suppressed.getClass().getSimpleName().equals("ReportCarrier"))
        .toList();
  }

  @Nested
  class The_end_of_the_caller {

    @ParameterizedTest
    @MethodSource("dev.resilience.policy.WorkInvokerTest#stacks")
    void comes_out_of_a_call_as_such_with_what_the_work_threw_suppressed(Resilience stack) {
      Resource socket = new Resource();
      CancellableContext request = root.withTimeout(ofSeconds(2));

      Throwable thrown =
          catchThrowable(
              () ->
                  stack
                      .withoutInterrupts()
                      .call(
                          request,
                          c -> {
                            c.onAbort(socket::close);
                            time.advance(ofSeconds(2));
                            return socket.read();
                          }));

      assertThat(thrown).isInstanceOf(DeadlineExceededException.class);
      assertThat(besidesTheReport(thrown)).singleElement().isInstanceOf(SocketException.class);
    }

    @ParameterizedTest
    @MethodSource("dev.resilience.policy.WorkInvokerTest#stacks")
    void comes_out_of_a_stage_as_such(Resilience stack) {
      CancellableContext request = root.withTimeout(ofSeconds(2));
      CompletableFuture<String> future = new CompletableFuture<>();

      CompletableFuture<String> stage =
          stack
              .callAsync(
                  request,
                  c -> {
                    c.onAbort(() -> future.cancel(true));
                    return future;
                  })
              .toCompletableFuture();
      request.cancel(CancelReason.USER);

      assertThat(future).isCancelled();
      assertThatThrownBy(stage::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(ContextCancelledException.class)
          .hasCause(CancelReason.USER)
          .satisfies(
              end ->
                  assertThat(besidesTheReport(end))
                      .allMatch(CancellationException.class::isInstance));
    }

    @ParameterizedTest
    @MethodSource("dev.resilience.policy.WorkInvokerTest#stacks")
    void interrupts_blocking_work_once(Resilience stack) throws Exception {
      CancellableContext request = root.withTimeout(ofSeconds(2));
      time.start(
          "caller",
          () -> {
            Throwable thrown =
                catchThrowable(
                    () ->
                        stack.run(
                            request,
                            new Action<Exception>() {
                              @Override
                              public void run(Context c) throws Exception {
                                time.park("for ever");
                                if (Thread.interrupted()) {
                                  throw new InterruptedException();
                                }
                              }

                              @Override
                              public void interrupted() {
                                told.add("interrupted");
                              }
                            }));
            told.add(thrown.getClass().getSimpleName());
            told.add(Thread.currentThread().isInterrupted());
          });

      time.advance(ofSeconds(2));

      assertThat(told).containsExactly("interrupted", "DeadlineExceededException", false);
      assertThat(time.pendingTimers()).isZero();
      assertThat(ContextProbe.waiters(request)).isZero();
    }

    @Test
    void does_not_interrupt_work_that_must_not_be() throws Exception {
      CancellableContext request = root.withTimeout(ofSeconds(2));
      Resilience stack =
          Resilience.of(FixedTimeout.of(ofSeconds(1)), Retry.of(1)).withoutInterrupts();
      time.start(
          "caller",
          () -> {
            Throwable thrown =
                catchThrowable(
                    () ->
                        stack.run(
                            request,
                            c -> time.parkUntil("file", time.nanoTime() + 5_000_000_000L)));
            told.add(Thread.currentThread().isInterrupted());
            told.add(thrown.getClass().getSimpleName());
          });

      time.advance(ofSeconds(4));
      assertThat(told).isEmpty();
      time.advance(ofSeconds(1));

      assertThat(told).containsExactly(false, AttemptTimeoutException.class.getSimpleName());
    }

    @Test
    void leaves_an_error_of_the_work_as_it_is() {
      CancellableContext request = root.withTimeout(ofSeconds(2));

      assertThatThrownBy(
              () ->
                  Resilience.of()
                      .run(
                          request,
                          c -> {
                            time.advance(ofSeconds(2));
                            throw new StackOverflowError("mine");
                          }))
          .isInstanceOf(StackOverflowError.class);
      assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void keeps_an_interrupt_from_outside_that_comes_after_the_work_took_ours() {
      CancellableContext request = root.withTimeout(ofSeconds(2));

      Throwable thrown =
          catchThrowable(
              () ->
                  Resilience.of()
                      .run(
                          request,
                          c -> {
                            time.advance(ofSeconds(2));
                            boolean ours = Thread.interrupted();
                            Thread.currentThread().interrupt();
                            throw new InterruptedException("" + ours);
                          }));

      assertThat(thrown).isInstanceOf(DeadlineExceededException.class);
      assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void is_not_taken_for_an_interrupt_from_outside_while_it_lives() {
      CancellableContext request = root.withTimeout(ofSeconds(2));

      Throwable thrown =
          catchThrowable(
              () ->
                  Resilience.of()
                      .run(
                          request,
                          c -> {
                            throw new InterruptedException();
                          }));

      assertThat(thrown).isInstanceOf(CallInterruptedException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Nested
  class A_hook_for_an_early_end {

    @ParameterizedTest
    @MethodSource("dev.resilience.policy.WorkInvokerTest#stacks")
    void leaves_open_what_a_successful_call_gives_back_to_a_pool(Resilience stack)
        throws Exception {
      Resource pooled = new Resource();
      CancellableContext request = root.withTimeout(ofSeconds(2));

      for (int i = 0; i < 3; i++) {
        String data =
            stack.call(
                request,
                c -> {
                  c.onAbort(pooled::close);
                  return pooled.read();
                });
        assertThat(data).isEqualTo("data");
      }
      assertThat(ContextProbe.waiters(request)).isZero();
      time.advance(ofSeconds(2));

      assertThat(request.isDone()).isTrue();
      assertThat(pooled.closed).isFalse();
    }

    @ParameterizedTest
    @MethodSource("dev.resilience.policy.WorkInvokerTest#stacks")
    void leaves_open_what_a_completed_stage_has_handed_on(Resilience stack) throws Exception {
      CancellableContext request = root.withTimeout(ofSeconds(2));
      CompletableFuture<Resource> headers = new CompletableFuture<>();
      Resource body = new Resource();

      CompletableFuture<Resource> stage =
          stack
              .callAsync(
                  request,
                  c -> {
                    c.onAbort(body::close);
                    return headers;
                  })
              .toCompletableFuture();
      headers.complete(body);

      // The body is read under the caller's own context, which closes it if it ends meanwhile.
      try (var hook = request.onAbort(body::close)) {
        assertThat(stage.get().read()).isEqualTo("data");
      }
      request.close();
      assertThat(body.closed).isFalse();
    }

    @Test
    void is_withdrawn_when_the_work_fails_by_itself() {
      Resource pooled = new Resource();
      CancellableContext request = root.withTimeout(ofSeconds(2));

      assertThatThrownBy(
              () ->
                  Resilience.of()
                      .run(
                          request,
                          c -> {
                            c.withName("derived").onAbort(pooled::close);
                            throw new IOException("refused");
                          }))
          .isInstanceOf(IOException.class);
      request.cancel();

      assertThat(pooled.closed).isFalse();
    }

    @Test
    void closes_what_a_loser_holds() {
      List<Resource> held = new ArrayList<>();
      List<CompletableFuture<String>> answers = new ArrayList<>();

      CompletableFuture<String> stage =
          Resilience.of(Hedge.after(ofSeconds(1)))
              .callAsync(
                  root,
                  c -> {
                    Resource mine = new Resource();
                    held.add(mine);
                    c.onAbort(mine::close);
                    answers.add(new CompletableFuture<>());
                    return answers.get(answers.size() - 1);
                  })
              .toCompletableFuture();
      time.advance(ofSeconds(1));
      answers.get(1).complete("second");

      assertThat(stage).isCompletedWithValue("second");
      assertThat(held).extracting(resource -> resource.closed).containsExactly(true, false);
    }

    @Test
    void that_is_registered_when_the_work_is_over_never_runs() {
      Resource late = new Resource();
      CancellableContext request = root.withTimeout(ofSeconds(2));
      Context kept = Resilience.of().<Context, RuntimeException>call(request, c -> c);

      kept.onAbort(late::close);
      request.cancel();

      assertThat(late.closed).isFalse();
      assertThat(ContextProbe.waiters(request)).isZero();
    }

    @Test
    void of_a_context_of_ones_own_runs_unless_its_owner_closes_it() {
      var closed = root.withCancel();
      var left = root.withCancel();
      var parent = root.withCancel();
      var below = parent.withCancel();
      closed.onAbort(() -> told.add("closed"));
      closed.onDone(() -> told.add("done"));
      left.onAbort(() -> told.add("left"));
      below.onAbort(() -> told.add("below"));

      closed.close();
      left.cancel(CancelReason.USER);
      parent.close();

      assertThat(told).containsExactly("done", "left", "below");
    }
  }

  @Nested
  class A_stage_that_many_wait_for {

    @Test
    void keeps_neither_context_nor_promise_of_one_who_has_left() {
      CompletableFuture<String> shared = new CompletableFuture<>();

      List<WeakReference<Object>> left = leave(shared);

      for (int i = 0; i < 50 && left.stream().anyMatch(each -> each.get() != null); i++) {
        System.gc();
      }
      assertThat(left).allMatch(each -> each.get() == null);
      assertThat(time.pendingTimers()).isZero();
      assertThat(shared.complete("late")).isTrue();
    }

    private List<WeakReference<Object>> leave(CompletableFuture<String> shared) {
      CancellableContext request = root.withTimeout(ofSeconds(2));
      CompletableFuture<String> stage =
          Resilience.of(Retry.of(1)).callAsync(request, c -> shared).toCompletableFuture();
      request.cancel(CancelReason.USER);
      assertThat(stage).isCompletedExceptionally();
      return List.of(new WeakReference<>(request), new WeakReference<>(stage));
    }
  }

  @Nested
  class The_price {

    @Test
    void is_one_timer_for_a_request_with_a_deadline_and_none_without() {
      var deadline = root.withTimeout(ofSeconds(2));
      var cancel = root.withCancel();
      Resilience limited = Resilience.of(Retry.ofDefaults(), FixedTimeout.of(ofSeconds(1)));

      assertThat(timersDuring(Resilience.of(), deadline)).isEqualTo(1);
      assertThat(timersDuring(limited, deadline)).isEqualTo(1);
      assertThat(timersDuring(Resilience.of(), cancel)).isZero();
      assertThat(timersDuring(Resilience.of(), root)).isZero();
      assertThat(time.pendingTimers()).isZero();
    }

    private int timersDuring(Resilience stack, Context ctx) {
      return stack.<Integer, RuntimeException>call(ctx, c -> time.pendingTimers());
    }
  }
}
