package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The root of all contexts of a process, and the order in which the process takes its leave.
 *
 * <pre>{@code
 * GracefulShutdown shutdown = GracefulShutdown.builder("orders").open();
 * WorkerPool pool = WorkerPool.builder("jobs").open(shutdown.context());
 * shutdown.register(pool);
 * shutdown.register(Phase.ANNOUNCE, "readiness", ctx -> ready.set(false));
 * shutdown.register(Phase.DRAIN, "http", ctx -> server.drain(ctx));
 * shutdown.handleSignals();          // SIGTERM and SIGINT; a second one ends at once
 * }</pre>
 *
 * <p>The phases share one budget (25 s, to fit into the 30 s that an orchestrator gives):
 *
 * <ol>
 *   <li>{@link Phase#ANNOUNCE}: says that it is going, and goes on serving for a while (5 s), until
 *       nobody sends anything new. Left out if nobody announces.
 *   <li>{@link Phase#DRAIN}: takes in nothing new, finishes what it has. Ends as soon as all are
 *       done; at the latest when only the time for the cancel (2 s) is left.
 *   <li>{@link Phase#CANCEL}: {@link #context} is cancelled with {@link CancelReason#SHUTDOWN}, and
 *       with it all that derives from it.
 *   <li>{@link Phase#REPORT}: what failed, what was not finished, and what still runs, with its
 *       stack, is logged and is the {@link ShutdownSummary}.
 * </ol>
 *
 * <p>Participants get the context of their phase, which is not below the root: whoever drains is
 * not cancelled by the signal itself. One that fails or hangs delays no other. Thread-safe.
 */
public final class GracefulShutdown {

  /** Where the process is on its way out. */
  public enum Phase {

    /** It has not begun. */
    RUNNING,

    /** Not ready for more, but serving. */
    ANNOUNCE,

    /** Finishing what it has. */
    DRAIN,

    /** The root is cancelled. */
    CANCEL,

    /** It is over. */
    REPORT
  }

  private static final Logger LOG = System.getLogger(GracefulShutdown.class.getName());
  private static final Duration GRACE = Duration.ofMillis(100);

  private final String name;
  private final Duration budget;
  private final Duration announceFor;
  private final Duration cancelWithin;
  private final Consumer<Phase> listener;
  private final @Nullable Consumer<ShutdownSummary> reporter;
  private final TimeSource time;
  private final TaskThreads threads;
  private final CancellableContext root;
  private final List<ShutdownParticipant> participants = new CopyOnWriteArrayList<>();
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CompletableFuture<ShutdownSummary> ended = new CompletableFuture<>();
  private volatile Phase phase = Phase.RUNNING;

  @SuppressWarnings("MustBeClosed") // closed when it has shut down
  private GracefulShutdown(Builder builder, Context owner) {
    this.name = builder.name;
    this.budget = builder.budget;
    this.announceFor = builder.announceFor;
    this.cancelWithin = builder.cancelWithin;
    this.listener = builder.listener;
    this.reporter = builder.reporter;
    this.time = owner.timeSource();
    this.threads = new TaskThreads(time, null);
    this.root = owner.withCancel();
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder(String name) {
    return new Builder(SafeText.name(name));
  }

  /** The root: derive everything that runs in this process from it. */
  public Context context() {
    return root;
  }

  /** Where the process is on its way out. */
  public Phase phase() {
    return phase;
  }

  /** Whether the process wants more work: for readiness probes. */
  public boolean isReady() {
    return phase == Phase.RUNNING;
  }

  // ---- registering

  /**
   * Adds a participant, also while the process is on its way out: it takes part in the phases to
   * come.
   *
   * @return to take it back
   */
  public Registration register(ShutdownParticipant participant) {
    participants.add(requireNonNull(participant, "participant"));
    return () -> participants.remove(participant);
  }

  /**
   * Adds what is done in one phase.
   *
   * @param when {@link Phase#ANNOUNCE}, {@link Phase#DRAIN} or {@link Phase#CANCEL}
   * @param participant its name
   * @param step gets the context of the phase
   */
  public Registration register(Phase when, String participant, ContextTask<?> step) {
    if (requireNonNull(when, "when") == Phase.RUNNING || when == Phase.REPORT) {
      throw new IllegalArgumentException(
          "when: " + when + " (expected: ANNOUNCE, DRAIN or CANCEL)");
    }
    return register(
        new Step(when, requireNonNull(participant, "participant"), requireNonNull(step, "step")));
  }

  /** Adds a pool, which drains and then hands back what it has not begun. */
  public Registration register(WorkerPool pool) {
    return register(new PoolParticipant(requireNonNull(pool, "pool")));
  }

  // ---- going

  /**
   * Begins to shut down, on a thread of its own; does nothing if that has begun.
   *
   * @param reason for the log
   * @return completes when it is over
   */
  public CompletionStage<ShutdownSummary> start(String reason) {
    requireNonNull(reason, "reason");
    if (begun.compareAndSet(false, true)) {
      threads.start(name + " shutdown", () -> conduct(reason));
    }
    return ended.minimalCompletionStage();
  }

  /**
   * Shuts down on this thread, or waits until whoever began it has finished.
   *
   * @param reason for the log
   */
  public ShutdownSummary run(String reason) {
    requireNonNull(reason, "reason");
    if (begun.compareAndSet(false, true)) {
      conduct(reason);
    }
    return ended.join();
  }

  /**
   * Waits until the process has been shut down: the last line of a {@code main}.
   *
   * @throws dev.resilience.context.ContextException if the context ends first
   * @throws InterruptedException if this thread is or was interrupted
   */
  public ShutdownSummary await(Context ctx) throws InterruptedException {
    try {
      return ctx.await(ended);
    } catch (ExecutionException impossible) {
      throw new AssertionError("a shutdown does not fail", impossible);
    }
  }

  /**
   * Lets SIGTERM and SIGINT start the shutdown, and end the JVM when it is over: with exit code 0
   * if everything was finished, else 1. A second signal ends the JVM at once with 128 plus the
   * number of the signal. The end of the JVM for another reason ({@link System#exit}) starts it,
   * too, and waits for it. Where signals cannot be handled (a JVM without the module {@code
   * jdk.unsupported}, or with {@code -Xrs}), the end of the JVM is all there is.
   */
  public void handleSignals() {
    Signals.handle(this);
  }

  private void conduct(String reason) {
    ShutdownSummary summary;
    Sequence sequence = new Sequence(reason);
    try {
      sequence.announce();
      sequence.drain();
      sequence.cancel();
    } catch (Throwable failure) { // none of the participants': of a listener or the executor
      sequence.problems.add("shutdown: " + SafeText.of(failure));
      SafeText.log(LOG, Level.ERROR, name + ": the shutdown itself failed", failure);
    } finally {
      root.cancel(CancelReason.SHUTDOWN);
      summary = sequence.report();
      ended.complete(summary);
    }
  }

  /** One run through the phases. */
  private final class Sequence {

    private final String reason;
    private final long from = time.nanoTime();
    private final Context values = root.detached();
    private final List<String> problems = new ArrayList<>();
    private final List<AbandonedTask> abandoned = new ArrayList<>();

    Sequence(String reason) {
      this.reason = reason;
    }

    void announce() {
      List<ShutdownParticipant> announcing =
          participants.stream().filter(GracefulShutdown::announces).toList();
      enter(Phase.ANNOUNCE, reason + ": no more work, please");
      if (!announcing.isEmpty() && !announceFor.isZero()) {
        try (CancellableContext ctx = values.withTimeout(announceFor)) {
          each(announcing, ctx, ShutdownParticipant::announce);
          ctx.awaitDone(); // still serving
        } catch (InterruptedException hurry) {
          // The phases to come are short enough.
        }
      }
    }

    void drain() {
      enter(Phase.DRAIN, "finishing what there is");
      Duration left = left().minus(cancelWithin);
      try (CancellableContext ctx = values.withTimeout(left)) {
        each(participants, ctx, ShutdownParticipant::drain);
      }
    }

    void cancel() {
      enter(Phase.CANCEL, "cancelling what is left");
      root.cancel(CancelReason.SHUTDOWN);
      try (CancellableContext ctx = values.withTimeout(left())) {
        each(participants, ctx, ShutdownParticipant::cancel);
      }
    }

    private Duration left() {
      return budget.minus(Duration.ofNanos(time.nanoTime() - from));
    }

    private void enter(Phase next, String words) {
      phase = next;
      LOG.log(Level.INFO, name + ": " + words);
      try {
        listener.accept(next);
      } catch (Throwable failure) {
        SafeText.log(LOG, Level.WARNING, name + ": a listener failed", failure);
      }
    }

    /** Lets all take a step at once, until the context ends. */
    private void each(List<ShutdownParticipant> all, Context ctx, StepOf step) {
      if (all.isEmpty()) {
        return;
      }
      try (TaskGroup<String> group =
          TaskGroup.builder(name).ending(Ending.COLLECT_ALL).grace(GRACE).open(ctx)) {
        for (ShutdownParticipant participant : all) {
          group.fork(
              nameOf(participant),
              c -> {
                step.take(participant, c);
                return "taken";
              });
        }
        TaskResults<String> results = group.join();
        for (Task<? extends String> task : results.tasks()) {
          if (!task.isDone()) {
            problems.add(
                phase
                    + " of "
                    + task.name()
                    + ": "
                    + task.state()
                    + ", "
                    + SafeText.of(task.failure()));
          }
        }
        abandoned.addAll(results.abandoned());
      } catch (InterruptedException hurry) {
        problems.add(phase + ": interrupted");
      }
    }

    ShutdownSummary report() {
      phase = Phase.REPORT;
      for (ShutdownParticipant participant : participants) {
        try {
          participant.unfinished().forEach(line -> problems.add(nameOf(participant) + ": " + line));
          abandoned.addAll(participant.stillRunning());
        } catch (Throwable failure) {
          problems.add(nameOf(participant) + ": " + SafeText.of(failure));
        }
      }
      ShutdownSummary summary =
          new ShutdownSummary(
              name, reason, Duration.ofNanos(time.nanoTime() - from), problems, abandoned);
      try {
        listener.accept(Phase.REPORT);
        if (reporter != null) {
          reporter.accept(summary);
        } else {
          log(summary);
        }
      } catch (Throwable failure) {
        SafeText.log(LOG, Level.WARNING, name + ": a listener failed", failure);
      }
      return summary;
    }
  }

  private void log(ShutdownSummary summary) {
    LOG.log(summary.isClean() ? Level.INFO : Level.WARNING, summary.toString());
    for (AbandonedTask task : summary.stillRunning()) {
      SafeText.log(LOG, Level.WARNING, name + ": still runs", task.toThrowable());
    }
  }

  @FunctionalInterface
  private interface StepOf {
    void take(ShutdownParticipant participant, Context ctx) throws Exception;
  }

  private static String nameOf(ShutdownParticipant participant) {
    try {
      return SafeText.of(participant.name());
    } catch (Throwable failure) {
      return participant.getClass().getName();
    }
  }

  /** Whether it may have something to announce: a step of another phase has not. */
  private static boolean announces(ShutdownParticipant participant) {
    return participant instanceof Step step
        ? step.when() == Phase.ANNOUNCE
        : !(participant instanceof PoolParticipant);
  }

  private record Step(Phase when, String name, ContextTask<?> step) implements ShutdownParticipant {

    private void takeIn(Phase phase, Context ctx) throws Exception {
      if (when == phase) {
        step.run(ctx);
      }
    }

    @Override
    public void announce(Context ctx) throws Exception {
      takeIn(Phase.ANNOUNCE, ctx);
    }

    @Override
    public void drain(Context ctx) throws Exception {
      takeIn(Phase.DRAIN, ctx);
    }

    @Override
    public void cancel(Context ctx) throws Exception {
      takeIn(Phase.CANCEL, ctx);
    }
  }

  private static final class PoolParticipant implements ShutdownParticipant {

    private final WorkerPool pool;
    private volatile @Nullable ShutdownReport report;

    PoolParticipant(WorkerPool pool) {
      this.pool = pool;
    }

    @Override
    public String name() {
      return pool.name();
    }

    @Override
    public void drain(Context ctx) {
      report = pool.shutdown(ctx);
    }

    @Override
    public List<String> unfinished() {
      ShutdownReport known = report;
      List<String> lines = new ArrayList<>();
      if (known != null) {
        known.cancelled().forEach(task -> lines.add(task.name() + " was cancelled"));
        known.handedBack().forEach(task -> lines.add(task.name() + " was handed back"));
      }
      return lines;
    }

    @Override
    public List<AbandonedTask> stillRunning() {
      ShutdownReport known = report;
      return known == null ? List.of() : known.abandoned();
    }
  }

  @Override
  public String toString() {
    return name + ", " + phase;
  }

  /** Builds a {@link GracefulShutdown}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private Duration budget = Duration.ofSeconds(25);
    private Duration announceFor = Duration.ofSeconds(5);
    private Duration cancelWithin = Duration.ofSeconds(2);
    private Consumer<Phase> listener = phase -> {};
    private @Nullable Consumer<ShutdownSummary> reporter;

    private Builder(String name) {
      this.name = name;
    }

    /** How long all phases may take together. Default: 25 s. */
    public Builder budget(Duration newBudget) {
      budget = Durations.requirePositive(newBudget, "budget");
      return this;
    }

    /** How long it goes on serving after it has been announced. Default: 5 s. */
    public Builder announceFor(Duration newAnnounceFor) {
      announceFor = Durations.requireNotNegative(newAnnounceFor, "announceFor");
      return this;
    }

    /** How much of the budget is kept for the cancel. Default: 2 s. */
    public Builder cancelWithin(Duration newCancelWithin) {
      cancelWithin = Durations.requireNotNegative(newCancelWithin, "cancelWithin");
      return this;
    }

    /** Hears of each phase when it begins. What it throws is contained. Default: nobody. */
    public Builder listener(Consumer<Phase> newListener) {
      listener = requireNonNull(newListener, "listener");
      return this;
    }

    /**
     * Gets the summary, before the JVM ends by it: what a thread that {@linkplain
     * GracefulShutdown#await waits} for the end does may come too late. What it throws is
     * contained. Default: it is logged.
     */
    public Builder reporter(Consumer<ShutdownSummary> newReporter) {
      reporter = requireNonNull(newReporter, "reporter");
      return this;
    }

    /** A root of its own, on the time of this machine. */
    public GracefulShutdown open() {
      return open(Context.background());
    }

    /**
     * A root below another one.
     *
     * @throws IllegalArgumentException if the phases do not fit into the budget
     */
    public GracefulShutdown open(Context owner) {
      if (Durations.toNanos(announceFor) + Durations.toNanos(cancelWithin)
          > Durations.toNanos(budget)) {
        throw new IllegalArgumentException(
            "budget: "
                + DurationText.of(budget)
                + " (expected: >= "
                + DurationText.of(announceFor)
                + " + "
                + DurationText.of(cancelWithin)
                + ")");
      }
      return new GracefulShutdown(this, requireNonNull(owner, "owner"));
    }
  }
}
