package dev.resilience.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random programs of calls, blocking and asynchronous, whose outcomes come in any order, against a
 * plain model of what a breaker is. To repeat one: {@code -Dresilience.seed=n}.
 */
@SuppressWarnings("NullAway") // it is plain on purpose
class BreakerPropertyTest {

  @Test
  void behaves_as_the_plain_model_says() {
    Schedules.check(10_000, (seed, random) -> new Program(seed).run());
  }

  private enum Outcome {
    SUCCESS,
    FAILURE,
    TIMED_OUT,
    REJECTED_INSIDE,
    CANCELLED
  }

  private static final class Program {

    // Shared, because traces would take most of the time.
    private final IOException down = new IOException("down");
    private final AttemptTimeoutException late =
        new AttemptTimeoutException("late", Duration.ofNanos(1));
    private final ConcurrencyLimitExceededException full =
        new ConcurrencyLimitExceededException("full");

    private final Random random;
    private final VirtualTime.Manual time;
    private final Context root;
    private final List<String> transitions = new ArrayList<>();
    private final List<UnderWay> calls = new ArrayList<>();
    private final Breaker breaker;
    private final Model model;

    Program(long seed) {
      random = new Random(seed);
      time = VirtualTime.manual(seed);
      root = Context.background(time);
      int over = 1 + random.nextInt(random.nextInt(20) == 0 ? 80 : 8);
      model = new Model();
      model.over = over;
      model.rate = (1 + random.nextInt(10)) / 10.0;
      model.minimum = 1 + random.nextInt(over);
      model.inARow = random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(over);
      model.openFor = 1L + random.nextInt(10);
      model.permits = 1 + random.nextInt(3);
      model.closeAfter = 1 + random.nextInt(4);
      model.probeTimeout = 1L + random.nextInt(30);
      model.slice = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0;
      model.slowAfter = random.nextInt(3) == 0 ? 1 + random.nextInt(8) : Long.MAX_VALUE;
      model.slowRate = (1 + random.nextInt(10)) / 10.0;
      model.stallTime = random.nextInt(10);
      model.timeoutsAreFailures = random.nextInt(4) == 0;
      model.reopenAfter = 1 + random.nextInt(2);
      model.watches = model.slowAfter != Long.MAX_VALUE && random.nextBoolean();
      var builder =
          Breaker.builder("b")
              .window(over)
              .failureRate(model.rate)
              .minimumCalls(model.minimum)
              .openFor(Duration.ofNanos(model.openFor))
              .halfOpenPermits(model.permits)
              .closeAfter(model.closeAfter)
              .reopenAfter(model.reopenAfter)
              .timeoutsOpenAfter(Duration.ofNanos(model.stallTime))
              .probeTimeout(Duration.ofNanos(model.probeTimeout))
              .listener(this::remember);
      if (model.inARow != Integer.MAX_VALUE) {
        builder.consecutiveFailures(model.inARow);
      }
      if (model.timeoutsAreFailures) {
        builder.countTimeoutsAsFailures();
      }
      if (model.slice > 0) {
        builder.window(Duration.ofNanos(10 * model.slice));
      }
      if (model.slowAfter != Long.MAX_VALUE) {
        builder.slowCallRate(model.slowRate, Duration.ofNanos(model.slowAfter));
      }
      if (model.watches) {
        builder.countSlowWhileRunning();
      }
      breaker = builder.build();
    }

    private void remember(PolicyEvent event) {
      if (event instanceof CircuitChanged change) {
        transitions.add(change.from() + ">" + change.to());
      }
    }

    void run() {
      for (int step = 0; step < 60; step++) {
        step();
        compare(step);
      }
      while (!calls.isEmpty()) {
        end(calls.remove(random.nextInt(calls.size())), anyOutcome());
      }
      compare(60);
      assertThat(breaker.snapshot().probesUnderWay()).isZero();
      assertThat(time.pendingTimers()).isZero();
    }

    private void step() {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> startAsync();
        case 3 -> callBlocking(anyOutcome());
        case 4, 5 -> {
          if (!calls.isEmpty()) {
            end(calls.remove(random.nextInt(calls.size())), anyOutcome());
          }
        }
        case 6 -> {
          int nanos = random.nextInt(8);
          time.advance(Duration.ofNanos(nanos));
          model.advance(nanos, calls);
        }
        default -> byHand(random.nextInt(40));
      }
    }

    private void byHand(int dice) {
      switch (dice) {
        case 0, 1, 2, 3 -> {
          breaker.reset();
          model.enter(Circuit.CLOSED, BreakerMode.AUTOMATIC);
        }
        case 4 -> {
          breaker.forceOpen();
          model.enter(Circuit.OPEN, BreakerMode.FORCED_OPEN);
        }
        case 5 -> {
          breaker.forceClosed();
          model.enter(Circuit.CLOSED, BreakerMode.FORCED_CLOSED);
        }
        case 6 -> {
          breaker.metricsOnly();
          model.enter(Circuit.CLOSED, BreakerMode.METRICS_ONLY);
        }
        default -> {}
      }
    }

    private Outcome anyOutcome() {
      int dice = random.nextInt(12);
      if (dice < 4) {
        return Outcome.FAILURE;
      }
      if (dice < 7) {
        return Outcome.SUCCESS;
      }
      return dice < 10
          ? Outcome.TIMED_OUT
          : dice < 11 ? Outcome.REJECTED_INSIDE : Outcome.CANCELLED;
    }

    private void startAsync() {
      var caller = root.withCancel();
      var work = new CompletableFuture<String>();
      var admission = model.admit();
      var reached = new boolean[1];
      var answer =
          Resilience.of(breaker)
              .callAsync(
                  caller,
                  c -> {
                    reached[0] = true;
                    return work;
                  })
              .toCompletableFuture();
      assertThat(reached[0]).isEqualTo(admission != null);
      if (admission != null) {
        calls.add(new UnderWay(caller, work, admission));
      } else {
        assertRejected(answer.handle((value, failure) -> failure).join());
      }
    }

    private void end(UnderWay call, Outcome outcome) {
      switch (outcome) {
        case SUCCESS -> call.work.complete("well");
        case FAILURE -> call.work.completeExceptionally(down);
        case TIMED_OUT -> call.work.completeExceptionally(late);
        case REJECTED_INSIDE -> call.work.completeExceptionally(full);
        case CANCELLED -> call.caller.cancel();
      }
      model.settle(call.admission, outcome);
    }

    private void callBlocking(Outcome outcome) {
      var caller = root.withCancel();
      var admission = model.admit();
      Throwable thrown = null;
      try {
        Resilience.of(breaker)
            .call(
                caller,
                c -> {
                  switch (outcome) {
                    case SUCCESS -> {
                      return "well";
                    }
                    case REJECTED_INSIDE -> throw full;
                    case TIMED_OUT -> throw late;
                    case CANCELLED -> caller.cancel();
                    case FAILURE -> {}
                  }
                  throw down;
                });
      } catch (IOException | RuntimeException failure) {
        thrown = failure;
      }
      if (admission == null) {
        assertRejected(thrown);
      } else {
        model.settle(admission, outcome);
      }
    }

    private void assertRejected(@Nullable Throwable thrown) {
      assertThat(thrown)
          .isInstanceOfSatisfying(
              CircuitOpenException.class,
              e ->
                  assertThat(e.retryAfter())
                      .isEqualTo(Optional.ofNullable(model.lastRetryAfter).map(Duration::ofNanos)));
    }

    private void compare(int step) {
      var now = breaker.snapshot();
      List<Object> seen =
          List.of(
              now.state(),
              now.mode(),
              now.windowCalls(),
              now.windowFailures(),
              now.windowTimedOut(),
              now.windowSlow(),
              now.probesUnderWay(),
              now.cancelled(),
              now.rejected(),
              transitions);
      List<Object> expected =
          List.of(
              model.state,
              model.mode,
              model.windowCalls(),
              model.windowFailures(),
              model.windowTimedOut(),
              model.windowSlow(),
              model.probesUnderWay(),
              model.cancelled,
              model.rejected,
              model.transitions);
      // Plain, because it is done half a million times.
      if (!seen.equals(expected)) {
        assertThat(seen).as("after step %d", step).isEqualTo(expected);
      }
    }
  }

  private record UnderWay(
      CancellableContext caller, CompletableFuture<String> work, Admitted admission) {}

  /** A call that the model let through: its generation, and its place if it is a probe. */
  private static final class Admitted {

    final int generation;
    final long at;
    boolean isCounted;

    Admitted(int generation, long at) {
      this.generation = generation;
      this.at = at;
    }
  }

  private record Counted(long at, Result result, boolean slow) {}

  /** A breaker as one would explain it. */
  private static final class Model {

    int over;
    double rate;
    double slowRate;
    int minimum;
    int inARow;
    long slice;
    long slowAfter;
    boolean watches;
    boolean timeoutsAreFailures;
    long stallTime;
    long openFor;
    int permits;
    int closeAfter;
    int reopenAfter;
    long probeTimeout;

    long now;
    Circuit state = Circuit.CLOSED;
    BreakerMode mode = BreakerMode.AUTOMATIC;
    int generation;
    List<Counted> results = new ArrayList<>();
    @Nullable Long firstResultAt;
    List<@Nullable Admitted> slots = new ArrayList<>();
    int successes;
    int failedProbes;
    @Nullable Long stalledSince;
    long openedAt;
    @Nullable Long lastRetryAfter;
    long cancelled;
    long rejected;
    final List<String> transitions = new ArrayList<>();

    /** Moment by moment, those that have just become slow in the order in which they began. */
    void advance(int nanos, List<UnderWay> calls) {
      for (int i = 0; i < nanos; i++) {
        now++;
        for (UnderWay call : calls) {
          if (watches && now - call.admission.at == slowAfter) {
            call.admission.isCounted = true;
            tell(call.admission, Result.SUCCESS, true);
          }
        }
      }
    }

    @Nullable Admitted admit() {
      if (mode == BreakerMode.FORCED_OPEN) {
        return reject(null);
      }
      if (state == Circuit.OPEN && now - openedAt >= openFor) {
        become(Circuit.HALF_OPEN);
      }
      if (state == Circuit.CLOSED) {
        return new Admitted(generation, now);
      }
      if (state == Circuit.OPEN) {
        return reject(openFor - (now - openedAt));
      }
      for (int i = 0; i < slots.size(); i++) {
        var holder = slots.get(i);
        if (holder == null || now - holder.at >= probeTimeout) {
          var probe = new Admitted(generation, now);
          slots.set(i, probe);
          return probe;
        }
      }
      // Nobody knows when a probe returns.
      return reject(null);
    }

    private @Nullable Admitted reject(@Nullable Long retryAfter) {
      lastRetryAfter = retryAfter;
      rejected++;
      return null;
    }

    void settle(Admitted admission, Outcome outcome) {
      if (outcome == Outcome.CANCELLED) {
        cancelled++;
      }
      if (admission.isCounted) {
        return;
      }
      Result result = resultOf(outcome);
      if (result != null) {
        boolean slow = slowAfter != Long.MAX_VALUE && now - admission.at >= slowAfter;
        tell(admission, result, slow);
      } else if (admission.generation == generation && state == Circuit.HALF_OPEN) {
        giveBack(admission);
      }
    }

    private @Nullable Result resultOf(Outcome outcome) {
      return switch (outcome) {
        case SUCCESS -> Result.SUCCESS;
        case FAILURE -> Result.FAILURE;
        case TIMED_OUT -> timeoutsAreFailures ? Result.FAILURE : Result.TIMED_OUT;
        case REJECTED_INSIDE, CANCELLED -> null;
      };
    }

    private void tell(Admitted admission, Result result, boolean slow) {
      if (admission.generation != generation) {
        return;
      }
      if (state == Circuit.CLOSED) {
        count(result, slow);
      } else if (giveBack(admission)) {
        if (result != Result.SUCCESS || slow) {
          if (++failedProbes == reopenAfter) {
            become(Circuit.OPEN);
          }
        } else if (++successes == closeAfter) {
          become(Circuit.CLOSED);
        }
      }
    }

    private void count(Result result, boolean slow) {
      if (mode == BreakerMode.FORCED_CLOSED) {
        return;
      }
      firstResultAt = firstResultAt == null ? Long.valueOf(now) : firstResultAt;
      results.add(new Counted(now, result, slow));
      forget();
      if (mode != BreakerMode.AUTOMATIC) {
        return;
      }
      int answered = results.size() - windowTimedOut();
      if (failuresInARow() >= inARow
          || isReached(rate, windowFailures(), answered)
          || (slowAfter != Long.MAX_VALUE && isReached(slowRate, windowSlow(), results.size()))) {
        become(Circuit.OPEN);
      } else if (windowTimedOut() == 0
          || results.size() < minimum
          || 20 * (answered - windowFailures()) > results.size()) {
        stalledSince = null;
      } else if (result != Result.TIMED_OUT) {
        return;
      } else if (stalledSince == null) {
        stalledSince = now;
      } else if (now - stalledSince >= stallTime) {
        become(Circuit.OPEN);
      }
    }

    private int failuresInARow() {
      int failures = 0;
      for (int i = results.size() - 1; i >= 0 && results.get(i).result != Result.SUCCESS; i--) {
        failures += results.get(i).result == Result.FAILURE ? 1 : 0;
      }
      return failures;
    }

    private boolean isReached(double share, int bad, int of) {
      return of >= minimum && 10L * bad >= Math.round(share * 10) * of;
    }

    private void forget() {
      if (slice == 0) {
        while (results.size() > over) {
          results.remove(0);
        }
      } else if (firstResultAt != null) {
        results.removeIf(result -> sliceOf(result.at) <= sliceOf(now) - 10);
      }
    }

    private long sliceOf(long moment) {
      return (moment - firstResultAt) / slice;
    }

    /** By identity: two probes of one moment are two. */
    @SuppressWarnings("ReferenceEquality")
    private boolean giveBack(Admitted admission) {
      for (int i = 0; i < slots.size(); i++) {
        if (slots.get(i) == admission) {
          slots.set(i, null);
          return true;
        }
      }
      return false;
    }

    private void become(Circuit next) {
      enter(next, BreakerMode.AUTOMATIC);
    }

    void enter(Circuit next, BreakerMode nextMode) {
      if (state != next) {
        transitions.add(state + ">" + next);
      }
      state = next;
      mode = nextMode;
      generation++;
      results.clear();
      firstResultAt = null;
      successes = 0;
      failedProbes = 0;
      stalledSince = null;
      openedAt = now;
      slots = new ArrayList<>();
      for (int i = 0; next == Circuit.HALF_OPEN && i < permits; i++) {
        slots.add(null);
      }
    }

    int windowCalls() {
      forget();
      return results.size();
    }

    int windowFailures() {
      return (int) results.stream().filter(r -> r.result == Result.FAILURE).count();
    }

    int windowTimedOut() {
      return (int) results.stream().filter(r -> r.result == Result.TIMED_OUT).count();
    }

    int windowSlow() {
      return (int) results.stream().filter(Counted::slow).count();
    }

    int probesUnderWay() {
      return (int) slots.stream().filter(slot -> slot != null).count();
    }
  }
}
