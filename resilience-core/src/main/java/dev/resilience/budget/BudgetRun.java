package dev.resilience.budget;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.policy.Action;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.PolicyChain;
import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The time of one call while its phases spend it; made with {@link TimeBudget#start}.
 *
 * <p>Phases begin in the order of the budget, each at most once; some may be left out, and their
 * time flows on. To try a phase again, put the retry inside. A phase may begin while an
 * asynchronous one before it still runs.
 *
 * <p>Thread-safe. A phase costs two readings of the clock and what a limit costs: a timer set and
 * cleared if something waits, and a few small objects.
 */
public final class BudgetRun implements AutoCloseable {

  /** Where a budget within a phase finds the record to put its own report into. */
  private static final Key<PhaseRecord> WITHIN =
      Key.of("phase of a time budget", PhaseRecord.class);

  private final CancellableContext ctx;
  private final List<PhaseRecord> entries;
  private final Duration total;
  private final long end;
  private final long reserve;

  /** The index of the first phase that has neither begun nor been passed over. */
  private final AtomicInteger next = new AtomicInteger();

  @SuppressWarnings("MustBeClosed") // closed by close()
  BudgetRun(List<Phase> phases, Context caller, Duration defaultTotal) {
    this.ctx =
        caller.deadline().isPresent() ? caller.withCancel() : caller.withTimeout(defaultTotal);
    this.entries = phases.stream().map(PhaseRecord::new).toList();
    this.end = ctx.deadline().orElseThrow().nanos();
    long left = Math.max(0, end - ctx.timeSource().nanoTime());
    this.total = Duration.ofNanos(left);
    this.reserve = (long) (left * last().weight() / weightFrom(0));
    PhaseRecord outer = caller.get(WITHIN);
    if (outer != null) {
      outer.hold(this);
    }
  }

  private Phase last() {
    return entries.get(entries.size() - 1).phase;
  }

  private double weightFrom(int index) {
    double sum = 0;
    for (int i = index; i < entries.size(); i++) {
      sum += entries.get(i).phase.weight();
    }
    return sum;
  }

  /**
   * Does the work of a phase on this thread, which is interrupted when the phase's time is up.
   *
   * @param phase one of the budget
   * @param work is given a context that ends with the phase's time
   * @return the result, also one that came too late: the phases after this have less then
   * @throws X what the work throws
   * @throws dev.resilience.error.AttemptTimeoutException if the phase's time was up, and the work
   *     failed
   * @throws NoTimeLeftException if there was no time for the phase
   * @throws dev.resilience.context.ContextException if the context of the whole has ended
   * @throws IllegalStateException if the phase, or one behind it, has begun before
   */
  public <T extends @Nullable Object, X extends Throwable> T call(Phase phase, Call<T, X> work)
      throws X {
    return begin(phase).call(ctx, work);
  }

  /**
   * As {@link #call}, for work without a result.
   *
   * @param phase one of the budget
   * @param work is given a context that ends with the phase's time
   */
  public <X extends Throwable> void run(Phase phase, Action<X> work) throws X {
    call(phase, work);
  }

  /**
   * Starts the work of a phase and returns at once. The stage that is returned completes when its
   * time is up, in any case; see {@code Resilience.callAsync} and {@link #call}.
   *
   * @param phase one of the budget
   * @param work is given a context that ends with the phase's time
   */
  public <T extends @Nullable Object> CompletionStage<T> callAsync(Phase phase, AsyncCall<T> work) {
    return begin(phase).callAsync(ctx, work);
  }

  private PolicyChain begin(Phase phase) {
    int index = indexOf(phase);
    int seen = next.get();
    while (index >= seen && !next.compareAndSet(seen, index + 1)) {
      seen = next.get();
    }
    if (index < seen) {
      throw new IllegalStateException(
          "phase: " + phase + " (expected: one that has not begun, nor one after it)");
    }
    PhaseRecord entry = entries.get(index);
    return PolicyChain.of(new PhaseLimit(entry, () -> share(index)));
  }

  private int indexOf(Phase phase) {
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).phase == phase) {
        return i;
      }
    }
    throw new IllegalArgumentException(
        "phase: "
            + phase
            + " (expected: one of "
            + entries.stream().map(e -> e.phase).toList()
            + ")");
  }

  /** What a phase is given that begins now. */
  private Duration share(int index) {
    long left = end - ctx.timeSource().nanoTime();
    if (index == entries.size() - 1) {
      return positive(left, index);
    }
    double weight = entries.get(index).phase.weight();
    long fair = (long) (left * weight / weightFrom(index));
    return positive(Math.min(fair, left - reserve), index);
  }

  private Duration positive(long nanos, int index) {
    if (nanos > 0) {
      return Duration.ofNanos(nanos);
    }
    throw new NoTimeLeftException(
        entries.get(index).phase
            + ": no time left, "
            + DurationText.of(Duration.ofNanos(reserve))
            + " are reserved for "
            + last());
  }

  /** The context that all phases share; it ends with the whole time. */
  public Context context() {
    return ctx;
  }

  /** What each phase was given and has used so far. */
  public BudgetReport report() {
    return new BudgetReport(
        total, ctx.timeLeft(), entries.stream().map(PhaseRecord::report).toList());
  }

  /** Ends the context of the phases. The report stays readable. */
  @Override
  public void close() {
    ctx.close();
  }

  /** As the report. */
  @Override
  public String toString() {
    return report().toString();
  }

  static Context within(Context ctx, PhaseRecord entry) {
    return ctx.withValue(WITHIN, entry);
  }
}
