package dev.resilience.budget;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.policy.Action;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.PolicyChain;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The time of one call while its stages spend it; made with {@link TimeBudget#start}.
 *
 * <p>Stages begin in the order of the budget, each at most once; some may be left out, and their
 * time flows on. To try a stage again, put the retry inside. A stage may begin while an
 * asynchronous one before it still runs.
 *
 * <p>Thread-safe. A stage costs two readings of the clock and what a limit costs: a timer set and
 * cleared if something waits, and a few small objects.
 */
public final class BudgetRun implements AutoCloseable {

  /** Where a budget within a stage finds the account to put its own into. */
  private static final Key<PhaseRecord> WITHIN =
      Key.of("stage of a time budget", PhaseRecord.class);

  private final CancellableContext ctx;
  private final List<PhaseRecord> entries;
  private final Duration total;
  private final long end;
  private final long reserve;

  /** The index of the first stage that has neither begun nor been passed over. */
  private final AtomicInteger next = new AtomicInteger();

  BudgetRun(List<Phase> stages, Context caller, Duration defaultTotal) {
    this.ctx =
        caller.deadline().isPresent() ? caller.withCancel() : caller.withTimeout(defaultTotal);
    this.entries = stages.stream().map(PhaseRecord::new).toList();
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
    return entries.get(entries.size() - 1).stage;
  }

  private double weightFrom(int index) {
    double sum = 0;
    for (int i = index; i < entries.size(); i++) {
      sum += entries.get(i).stage.weight();
    }
    return sum;
  }

  /**
   * Does the work of a stage on this thread, which is interrupted when the stage's time is up.
   *
   * @param stage one of the budget
   * @param work is given a context that ends with the stage's time
   * @return the result, also one that came too late: the stages after this have less then
   * @throws X what the work throws
   * @throws dev.resilience.error.AttemptTimeoutException if the stage's time was up, and the work
   *     failed
   * @throws NoTimeLeftException if there was no time for the stage
   * @throws dev.resilience.context.ContextException if the context of the whole has ended
   * @throws IllegalStateException if the stage, or one behind it, has begun before
   */
  public <T extends @Nullable Object, X extends Throwable> T call(Phase stage, Call<T, X> work)
      throws X {
    return begin(stage).call(ctx, work);
  }

  /**
   * As {@link #call}, for work without a result.
   *
   * @param stage one of the budget
   * @param work is given a context that ends with the stage's time
   */
  public <X extends Throwable> void run(Phase stage, Action<X> work) throws X {
    call(stage, work);
  }

  /**
   * Starts the work of a stage and returns at once. The stage that is returned completes when its
   * time is up, in any case; see {@code Resilience.callAsync} and {@link #call}.
   *
   * @param stage one of the budget
   * @param work is given a context that ends with the stage's time
   */
  public <T extends @Nullable Object> CompletionStage<T> callAsync(Phase stage, AsyncCall<T> work) {
    return begin(stage).callAsync(ctx, work);
  }

  private PolicyChain begin(Phase stage) {
    int index = indexOf(stage);
    int seen = next.get();
    while (index >= seen && !next.compareAndSet(seen, index + 1)) {
      seen = next.get();
    }
    if (index < seen) {
      throw new IllegalStateException(
          "stage: " + stage + " (expected: one that has not begun, nor one after it)");
    }
    PhaseRecord entry = entries.get(index);
    return PolicyChain.of(new PhaseLimit(entry, () -> share(index)));
  }

  private int indexOf(Phase stage) {
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).stage == stage) {
        return i;
      }
    }
    throw new IllegalArgumentException(
        "stage: "
            + stage
            + " (expected: one of "
            + entries.stream().map(e -> e.stage).toList()
            + ")");
  }

  /** What a stage is given that begins now. */
  private Duration share(int index) {
    long left = end - ctx.timeSource().nanoTime();
    if (index == entries.size() - 1) {
      return positive(left, index);
    }
    double weight = entries.get(index).stage.weight();
    long fair = (long) (left * weight / weightFrom(index));
    return positive(Math.min(fair, left - reserve), index);
  }

  private Duration positive(long nanos, int index) {
    if (nanos > 0) {
      return Duration.ofNanos(nanos);
    }
    throw new NoTimeLeftException(
        entries.get(index).stage
            + ": no time left, "
            + Duration.ofNanos(reserve)
            + " are reserved for "
            + last());
  }

  /** The context that all stages share; it ends with the whole time. */
  public Context context() {
    return ctx;
  }

  /** What each stage was given and has used so far. */
  public BudgetReport account() {
    return new BudgetReport(
        total, ctx.timeLeft(), entries.stream().map(PhaseRecord::account).toList());
  }

  /** Ends the context of the stages. The account stays readable. */
  @Override
  public void close() {
    ctx.close();
  }

  /** As the account. */
  @Override
  public String toString() {
    return account().toString();
  }

  static Context within(Context stage, PhaseRecord entry) {
    return stage.withValue(WITHIN, entry);
  }
}
