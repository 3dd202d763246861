package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.concurrent.Loan;
import dev.resilience.concurrent.ResourcePool;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.observe.CallReport;
import dev.resilience.policy.Call;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.Participant;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A stack interrupts its work at the end of the context, and that work may be a call of another
 * stack which waits just then: in a line, in a back-off, for another thread. Who left has left, and
 * was not interrupted from outside.
 */
class LeftInAWaitTest {

  /** A stack, and what takes all that there is of what it waits for. */
  private record Wait(Resilience stack, Call<String, Exception> work) {}

  @FunctionalInterface
  private interface Waiting {
    Wait in(Context root) throws Exception;
  }

  static Stream<Arguments> waits() {
    Call<String, Exception> sleep =
        c -> {
          c.sleep(ofMinutes(1));
          return "slept";
        };
    Call<String, Exception> fail =
        c -> {
          throw new IOException("down");
        };
    return Stream.of(
        wait(
            "for a token",
            root -> {
              RateLimit limit =
                  RateLimit.builder("rate").rate(1, ofSeconds(20)).maxWait(ofMinutes(2)).build();
              limit.acquire(root);
              return new Wait(Resilience.of(limit), sleep);
            }),
        wait(
            "for a permit",
            root -> {
              ConcurrencyLimit limit = ConcurrencyLimit.builder("limit", 1).maxWaiting(1).build();
              limit.acquire(root);
              return new Wait(Resilience.of(limit), sleep);
            }),
        wait(
            "in a back-off",
            root ->
                new Wait(
                    Resilience.of(Retry.builder().backoff(Backoff.constant(ofSeconds(20))).build()),
                    fail)),
        wait(
            "for a hedge's attempts",
            root -> new Wait(Resilience.of(Hedge.after(ofMillis(5))), sleep)),
        wait(
            "for the isolated mode",
            root ->
                new Wait(
                    Resilience.of(FixedTimeout.builder("limit", ofMinutes(2)).isolated().build()),
                    sleep)),
        wait(
            "in an injected hang",
            root ->
                new Wait(
                    Resilience.of(Chaos.builder("chaos").faults(Fault.hang(1)).build()), sleep)),
        wait(
            "for a resource",
            root -> {
              ResourcePool<String> pool =
                  ResourcePool.<String>builder("pool", c -> "resource").size(1).open(root);
              pool.borrow(root);
              return new Wait(
                  Resilience.of(),
                  c -> {
                    try (Loan<String> loan = pool.borrow(c)) {
                      return loan.get();
                    }
                  });
            }),
        wait(
            "for a place in a pool",
            root -> {
              WorkerPool pool =
                  WorkerPool.builder("pool")
                      .workers(1)
                      .queue(1)
                      .whenFull(WorkerPool.WhenFull.WAIT)
                      .open(root);
              pool.submit(root, "first", sleep::call);
              pool.submit(root, "second", sleep::call);
              return new Wait(Resilience.of(), c -> pool.submit(c, "third", sleep::call).name());
            }),
        wait("in the work itself", root -> new Wait(Resilience.of(), sleep)));
  }

  private static Arguments wait(String name, Waiting wait) {
    return Arguments.of(name, wait);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waits")
  void who_cancelled_was_not_interrupted(String name, Waiting waiting) throws Exception {
    check(waiting, true);
  }

  /** Where it does not pay off to wait, a deadline refuses at once. */
  static Stream<Arguments> waitsThatMayEndInTime() {
    return waits().filter(wait -> !Set.of("for a token", "in a back-off").contains(wait.get()[0]));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waitsThatMayEndInTime")
  void whose_time_was_up_was_not_interrupted(String name, Waiting waiting) throws Exception {
    check(waiting, false);
  }

  private static void check(Waiting waiting, boolean cancels) throws Exception {
    VirtualTime.Automatic time = VirtualTime.automatic(1);
    List<CallReport> reports = new ArrayList<>();
    AtomicReference<Throwable> inner = new AtomicReference<>();
    AtomicReference<Throwable> outer = new AtomicReference<>();
    boolean flag =
        time.run(
            () -> {
              try (CancellableContext root = Context.background(time).withCancel();
                  CancellableContext ctx =
                      cancels ? root.withCancel() : root.withTimeout(ofMillis(50))) {
                Wait wait = waiting.in(root);
                Resilience stack = wait.stack().withReports(reports::add);
                Participant leaver =
                    time.start(
                        "leaver",
                        () -> {
                          root.sleep(ofMillis(50));
                          if (cancels) {
                            ctx.cancel(CancelReason.USER);
                          }
                        });
                call(ctx, stack, wait.work(), inner, outer);
                boolean set = Thread.interrupted();
                leaver.join();
                return set;
              }
            });

    assertThat(inner.get()).isInstanceOf(ContextException.class);
    assertThat(outer.get()).isInstanceOf(ContextException.class);
    assertThat(flag).as("the interrupt flag").isFalse();
    assertThat(reports.toString()).doesNotContain("interrupt");
  }

  private static void call(
      Context ctx,
      Resilience stack,
      Call<String, Exception> work,
      AtomicReference<Throwable> inner,
      AtomicReference<Throwable> outer) {
    try {
      Resilience.of()
          .call(
              ctx,
              c -> {
                try {
                  return stack.call(c, work);
                } catch (Throwable thrown) {
                  inner.set(thrown);
                  throw thrown;
                }
              });
    } catch (Throwable thrown) {
      outer.set(thrown);
    }
  }

  /** The other way round: who was interrupted from outside, and waits on, was. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("waits")
  void who_was_interrupted_from_outside_did_not_leave(String name, Waiting waiting)
      throws Exception {
    VirtualTime.Automatic time = VirtualTime.automatic(1);
    AtomicReference<Throwable> inner = new AtomicReference<>();
    AtomicReference<Throwable> outer = new AtomicReference<>();
    boolean flag =
        time.run(
            () -> {
              try (CancellableContext root = Context.background(time).withCancel();
                  CancellableContext ctx = root.withTimeout(ofSeconds(30))) {
                Wait wait = waiting.in(root);
                Thread me = Thread.currentThread();
                Participant outside =
                    time.start(
                        "outside",
                        () -> {
                          root.sleep(ofMillis(50));
                          me.interrupt();
                        });
                call(ctx, wait.stack(), wait.work(), inner, outer);
                boolean set = Thread.interrupted();
                outside.join();
                return set;
              }
            });

    assertThat(inner.get()).isInstanceOf(CallInterruptedException.class);
    assertThat(outer.get()).isInstanceOf(CallInterruptedException.class);
    assertThat(flag).as("the interrupt flag").isTrue();
  }
}
