package dev.resilience.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.policy.CircuitOpenException;
import dev.resilience.policy.LimitReachedException;
import dev.resilience.policy.PolicyEvent;
import dev.resilience.policy.PolicyEvent.Circuit;
import dev.resilience.policy.PolicyEvent.CircuitChanged;
import dev.resilience.policy.Resilience;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  private static final int SCHEDULES = 10_000;

  @Test
  void behaves_as_the_plain_model_says() {
    Long given = Long.getLong("resilience.seed");
    for (long seed = given == null ? 0 : given; seed < SCHEDULES; seed++) {
      try {
        new Program(seed).run();
      } catch (Throwable failure) {
        throw new AssertionError("seed " + seed + " (-Dresilience.seed=" + seed + ")", failure);
      }
      if (given != null) {
        return;
      }
    }
  }

  private enum Outcome {
    SUCCESS,
    FAILURE,
    REJECTED_INSIDE,
    CANCELLED
  }

  private static final class Program {

    // Shared, because traces would take most of the time.
    private final IOException down = new IOException("down");
    private final LimitReachedException full = new LimitReachedException("full");

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
      var builder =
          Breaker.builder("b")
              .over(over)
              .failureRate(model.rate)
              .minimumCalls(model.minimum)
              .openFor(Duration.ofNanos(model.openFor))
              .halfOpenPermits(model.permits)
              .closeAfter(model.closeAfter)
              .probeTimeout(Duration.ofNanos(model.probeTimeout))
              .listener(this::remember);
      if (model.inARow != Integer.MAX_VALUE) {
        builder.consecutiveFailures(model.inARow);
      }
      breaker = builder.build();
    }

    private void remember(PolicyEvent event) {
      var change = (CircuitChanged) event;
      transitions.add(change.from() + ">" + change.to());
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
          model.now += nanos;
        }
        default -> {
          if (random.nextInt(20) == 0) {
            breaker.reset();
            model.reset();
          }
        }
      }
    }

    private Outcome anyOutcome() {
      int dice = random.nextInt(10);
      return dice < 4
          ? Outcome.FAILURE
          : dice < 7 ? Outcome.SUCCESS : dice < 8 ? Outcome.REJECTED_INSIDE : Outcome.CANCELLED;
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
              e -> assertThat(e.retryAfter()).contains(Duration.ofNanos(model.lastRetryAfter)));
    }

    private void compare(int step) {
      var now = breaker.snapshot();
      List<Object> seen =
          List.of(
              now.state(),
              now.windowCalls(),
              now.windowFailures(),
              now.probesUnderWay(),
              now.cancelled(),
              now.rejected(),
              transitions);
      List<Object> expected =
          List.of(
              model.state,
              model.windowCalls(),
              model.windowFailures(),
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
  private record Admitted(int generation, long at) {}

  /** A breaker as one would explain it. */
  private static final class Model {

    int over;
    double rate;
    int minimum;
    int inARow;
    long openFor;
    int permits;
    int closeAfter;
    long probeTimeout;

    long now;
    Circuit state = Circuit.CLOSED;
    int generation;
    List<Boolean> failures = new ArrayList<>();
    List<@Nullable Admitted> slots = new ArrayList<>();
    int successes;
    long openedAt;
    long lastRetryAfter;
    long cancelled;
    long rejected;
    final List<String> transitions = new ArrayList<>();

    @Nullable Admitted admit() {
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
      long earliest = slots.stream().mapToLong(holder -> holder.at).min().orElseThrow();
      return reject(Math.min(openFor, probeTimeout - (now - earliest)));
    }

    private @Nullable Admitted reject(long retryAfter) {
      lastRetryAfter = retryAfter;
      rejected++;
      return null;
    }

    void settle(Admitted admission, Outcome outcome) {
      if (outcome == Outcome.CANCELLED) {
        cancelled++;
      }
      if (admission.generation != generation) {
        return;
      }
      if (state == Circuit.CLOSED) {
        count(outcome);
      } else if (giveBack(admission)) {
        if (outcome == Outcome.FAILURE) {
          become(Circuit.OPEN);
        } else if (outcome == Outcome.SUCCESS && ++successes == closeAfter) {
          become(Circuit.CLOSED);
        }
      }
    }

    private void count(Outcome outcome) {
      if (outcome != Outcome.SUCCESS && outcome != Outcome.FAILURE) {
        return;
      }
      failures.add(outcome == Outcome.FAILURE);
      if (failures.size() > over) {
        failures.remove(0);
      }
      int latest = 0;
      while (latest < failures.size() && failures.get(failures.size() - 1 - latest)) {
        latest++;
      }
      if (latest >= inARow
          || (failures.size() >= minimum
              && windowFailures() > 0
              && 10L * windowFailures() >= Math.round(rate * 10) * failures.size())) {
        become(Circuit.OPEN);
      }
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

    void reset() {
      if (state == Circuit.CLOSED) {
        generation++;
        failures.clear();
      } else {
        become(Circuit.CLOSED);
      }
    }

    private void become(Circuit next) {
      transitions.add(state + ">" + next);
      state = next;
      generation++;
      failures.clear();
      successes = 0;
      openedAt = now;
      slots = new ArrayList<>();
      for (int i = 0; next == Circuit.HALF_OPEN && i < permits; i++) {
        slots.add(null);
      }
    }

    int windowCalls() {
      return failures.size();
    }

    int windowFailures() {
      return (int) failures.stream().filter(failure -> failure).count();
    }

    int probesUnderWay() {
      return (int) slots.stream().filter(slot -> slot != null).count();
    }
  }
}
