package dev.resilience.budget;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.Context;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.List;

/**
 * Divides the time that a call has left among its phases, by their weights.
 *
 * <pre>{@code
 * static final Phase AUTH = Phase.of("auth", 10);
 * static final Phase QUOTE = Phase.of("quote", 70);
 * static final Phase RENDER = Phase.of("render", 20);
 * static final TimeBudget PAGE = TimeBudget.of(AUTH, QUOTE, RENDER);
 *
 * try (var spend = PAGE.start(ctx)) {                                   // 1 s left
 *   var user = spend.call(AUTH, c -> auth.check(c));                    // given 100 ms, uses 10
 *   var price = spend.call(QUOTE, c -> api.quote(c, order));            // given 770 ms
 *   return spend.call(RENDER, c -> page(c, user, price));               // at least 200 ms
 * }
 * }</pre>
 *
 * <h2>Who gets what</h2>
 *
 * A phase is given its share of the time that is left when it begins, among those phases that are
 * not over; so what a phase did not use flows on to the later ones in proportion. The share that
 * the last phase has of the whole is reserved for it: no phase before it is given any of that,
 * however long others overran. Then those in between get less, and one for which nothing would be
 * left is refused with a {@link dev.resilience.error.NoTimeLeftException}.
 *
 * <p>The time is that until the deadline of the context, or a {@linkplain #withDefaultTotal default
 * total} where it has none. To start a budget within a phase of another divides that phase's time.
 *
 * <p>Immutable and thread-safe; keep it in a constant.
 */
public final class TimeBudget {

  private static final Duration DEFAULT_TOTAL = Duration.ofSeconds(10);

  private final List<Phase> phases;
  private final Duration defaultTotal;

  private TimeBudget(List<Phase> phases, Duration defaultTotal) {
    this.phases = phases;
    this.defaultTotal = defaultTotal;
  }

  /**
   * A budget for phases.
   *
   * @param phases in the order in which they begin; at least one, each once
   */
  public static TimeBudget of(Phase... phases) {
    List<Phase> all = List.of(phases);
    if (all.isEmpty()) {
      throw new IllegalArgumentException("phases: none (expected: at least one)");
    }
    for (int i = 0; i < all.size(); i++) {
      if (all.indexOf(all.get(i)) < i) {
        throw new IllegalArgumentException("phases: " + all + " (expected: each once)");
      }
    }
    return new TimeBudget(all, DEFAULT_TOTAL);
  }

  /**
   * The same with another total for calls without a deadline. Default: 10 s
   *
   * @param total positive
   */
  public TimeBudget withDefaultTotal(Duration total) {
    return new TimeBudget(phases, Durations.requirePositive(total, "total"));
  }

  /** The phases, in order. */
  public List<Phase> phases() {
    return phases;
  }

  /** What is divided where a call has no deadline. */
  public Duration defaultTotal() {
    return defaultTotal;
  }

  /**
   * Begins to spend what a call has left.
   *
   * @param ctx the caller's context
   * @return to be closed when the call is over
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   */
  @MustBeClosed
  public BudgetRun start(Context ctx) {
    ctx.throwIfDone();
    return new BudgetRun(phases, ctx, defaultTotal);
  }

  /** The phases and their weights. */
  @Override
  public String toString() {
    return phases.stream().map(phase -> phase.name() + " " + phase.weight()).toList().toString();
  }
}
