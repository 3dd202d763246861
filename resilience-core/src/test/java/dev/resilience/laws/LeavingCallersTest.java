package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.breaker.BreakerSnapshot;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.observe.PolicyEvent.RetryScheduled;
import dev.resilience.observe.PolicyEvent.TimedOut;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Retry;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.AdaptiveTimeoutSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A healthy service, twenty calls under way at any time, and three of ten callers who leave before
 * they have their answer. The control is the same program without those who leave: whoever stays
 * comes at the same moment and is answered after the same time.
 */
class LeavingCallersTest {

  private static final int CALLS = 100_000;
  private static final int PERCENT_WHO_LEAVE = 30;
  private static final Duration APART = ofMillis(10);
  private static final Duration SLOWEST = ofMillis(300);

  /** Enough that each is free again when its next call is due. */
  private static final int THREADS = 40;

  /** What a caller does, and what comes out of the work that it leaves. */
  private enum Caller {
    STAYS,
    LEAVES_BEFORE_IT_BEGINS,
    LEAVES,
    LEAVES_AND_THE_CONNECTION_BREAKS,
    LEAVES_AND_THE_POOL_CANCELS,
    LEAVES_AND_THE_WORK_IS_DEAF;

    private static final List<Caller> LEAVING = List.of(values()).subList(1, values().length);

    Exception outcome(Exception seen) {
      return switch (this) {
        case LEAVES_AND_THE_CONNECTION_BREAKS -> new IOException("connection reset", seen);
        case LEAVES_AND_THE_POOL_CANCELS -> new CancellationException("pool");
        default -> seen;
      };
    }
  }

  private record Arrival(int number, Caller caller, Duration takes, Duration leavesAfter) {}

  private static List<Arrival> program(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<Arrival> arrivals = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      Duration takes = Duration.ofNanos(random.nextLong(100_000_000, SLOWEST.toNanos()));
      boolean leaves = random.nextInt(100) < PERCENT_WHO_LEAVE;
      Caller caller =
          leaves ? Caller.LEAVING.get(random.nextInt(Caller.LEAVING.size())) : Caller.STAYS;
      arrivals.add(
          new Arrival(i, caller, takes, Duration.ofNanos(random.nextLong(1, takes.toNanos()))));
    }
    return arrivals;
  }

  @ParameterizedTest
  @CsvSource({"BLOCKING,1", "ASYNC,2"})
  void open_no_breaker_move_no_percentile_and_spend_no_retry(CallMode mode, long seed)
      throws Exception {
    List<Arrival> all = program(seed);
    List<Arrival> staying = all.stream().filter(a -> a.caller() == Caller.STAYS).toList();
    int left = CALLS - staying.size();
    long neverSent = all.stream().filter(a -> a.caller() == Caller.LEAVES_BEFORE_IT_BEGINS).count();
    assertThat(left).isBetween(29_000, 31_000);

    Service control = new Service();
    control.serve(mode, staying);
    Service service = new Service();
    service.serve(mode, all);

    assertThat(service.events).isEmpty();
    for (Breaker breaker : List.of(service.byNumber, service.byTime)) {
      BreakerSnapshot numbers = breaker.snapshot();
      assertThat(numbers.opened()).isZero();
      assertThat(numbers.failed()).isZero();
      assertThat(numbers.windowFailures()).isZero();
      assertThat(numbers.windowSlow()).isZero();
      assertThat(numbers.cancelled()).isEqualTo(left - neverSent);
    }
    assertThat(service.limits).as("the limit after each answer").isEqualTo(control.limits);
    AdaptiveTimeoutSnapshot percentile = service.timeout.snapshot();
    assertThat(percentile).hasToString(control.timeout.snapshot().toString());
    assertThat(percentile.percentile().orElseThrow()).isBetween(ofMillis(285), ofMillis(310));
    assertThat(percentile.cutOff()).isZero();
    assertThat(service.requests).isEqualTo(CALLS - neverSent);
    assertThat(service.budget.available()).isEqualTo(20);
    assertThat(service.answered).isEqualTo(staying.size());
    assertThat(service.gaveUp).isEqualTo(left);
  }

  /** The stack, in which one failure or one slow call would open both breakers. */
  private static final class Service {

    private final List<PolicyEvent> events = new ArrayList<>();
    private final List<Duration> limits = new ArrayList<>();
    private final RetryBudget budget = RetryBudget.ofDefaults();
    private final Breaker byNumber =
        strict("by number").window(100).minimumCalls(1).consecutiveFailures(1).build();
    private final Breaker byTime = strict("by time").window(ofSeconds(10)).minimumCalls(1).build();

    /** A window by time: when one by number is looked at depends on the numbers of the threads. */
    private final AdaptiveTimeout timeout =
        AdaptiveTimeout.builder("quotes")
            .startingAt(ofSeconds(1))
            .window(ofSeconds(30), 100_000)
            .listener(this::note)
            .build();

    private final Resilience stack =
        Resilience.of(
            Retry.builder().budget(budget).listener(this::note).build(), byNumber, byTime, timeout);
    private int requests;
    private int answered;
    private int gaveUp;

    private void note(PolicyEvent event) {
      if (event instanceof CircuitChanged
          || event instanceof TimedOut
          || event instanceof RetryScheduled) {
        events.add(event);
      }
    }

    private Breaker.Builder strict(String name) {
      return Breaker.builder(name)
          .failureRate(0.001)
          .slowCallRate(0.001, SLOWEST.plusMillis(1))
          .listener(this::note);
    }

    void serve(CallMode mode, List<Arrival> arrivals) throws Exception {
      if (mode == CallMode.BLOCKING) {
        serveThreads(arrivals);
      } else {
        serveStages(arrivals);
      }
    }

    private void answered() {
      answered++;
      limits.add(timeout.limit());
    }

    private static void leaveAfter(CancellableContext ctx, Arrival arrival) {
      if (arrival.caller() == Caller.LEAVES_BEFORE_IT_BEGINS) {
        ctx.cancel(CancelReason.USER);
      } else if (arrival.caller() != Caller.STAYS) {
        ctx.timeSource()
            .startTimer(
                ctx.timeSource().nanoTime() + arrival.leavesAfter().toNanos(),
                () -> ctx.cancel(CancelReason.USER));
      }
    }

    private void serveThreads(List<Arrival> arrivals) throws Exception {
      VirtualTime.Automatic time = VirtualTime.automatic(1);
      Context root = Context.background(time);
      time.run(
          () -> {
            for (int t = 0; t < THREADS; t++) {
              int thread = t;
              time.start(
                  "callers-" + t,
                  () -> {
                    for (Arrival arrival : arrivals) {
                      if (arrival.number() % THREADS == thread) {
                        root.sleep(APART.multipliedBy(arrival.number()).minus(time.elapsed()));
                        call(root, arrival);
                      }
                    }
                  });
            }
            return null;
          });
    }

    private void call(Context root, Arrival arrival) throws Exception {
      try (CancellableContext ctx = root.withCancel()) {
        leaveAfter(ctx, arrival);
        stack.run(ctx, c -> work(c, arrival));
        answered();
      } catch (ContextCancelledException left) {
        gaveUp++;
      }
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    private void work(Context ctx, Arrival arrival) throws Exception {
      requests++;
      try {
        ctx.sleep(arrival.takes());
      } catch (ContextCancelledException | InterruptedException ended) {
        throw arrival.caller().outcome(ended);
      }
    }

    private void serveStages(List<Arrival> arrivals) throws Exception {
      VirtualTime.Manual time = VirtualTime.manual();
      Context root = Context.background(time);
      for (Arrival arrival : arrivals) {
        time.advance(APART.multipliedBy(arrival.number()).minus(time.elapsed()));
        callAsync(root, arrival);
      }
      time.advance(ofSeconds(1));
      assertThat(time.pendingTimers()).isZero();
    }

    private void callAsync(Context root, Arrival arrival) {
      CancellableContext ctx = root.withCancel();
      leaveAfter(ctx, arrival);
      stack
          .callAsync(ctx, c -> workAsync(c, arrival))
          .whenComplete(
              (nothing, failure) -> {
                ctx.close();
                if (failure == null) {
                  answered();
                } else if (failure instanceof ContextCancelledException) {
                  gaveUp++;
                }
              });
    }

    private CompletionStage<Void> workAsync(Context ctx, Arrival arrival) {
      requests++;
      CompletableFuture<Void> answer = new CompletableFuture<>();
      if (arrival.caller() == Caller.LEAVES_AND_THE_WORK_IS_DEAF) {
        TimeSource time = ctx.timeSource();
        time.startTimer(time.nanoTime() + arrival.takes().toNanos(), () -> answer.complete(null));
        return answer;
      }
      ctx.delay(arrival.takes())
          .whenComplete(
              (nothing, ended) -> {
                if (ended == null) {
                  answer.complete(null);
                } else {
                  answer.completeExceptionally(arrival.caller().outcome((Exception) ended));
                }
              });
      return answer;
    }
  }
}
