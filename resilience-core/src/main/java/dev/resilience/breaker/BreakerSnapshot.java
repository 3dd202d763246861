package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a {@link Breaker} at one moment, each for itself: calls that end meanwhile may be
 * seen in some of them only. Immutable.
 */
public final class BreakerSnapshot {

  private final String name;
  private final Circuit state;
  private final BreakerMode mode;
  private final WindowCounts window;
  private final int probesUnderWay;
  private final @Nullable Long succeeded;
  private final long failed;
  private final long timedOut;
  private final long cancelled;
  private final long uncounted;
  private final long rejected;
  private final long opened;

  BreakerSnapshot(
      BreakerConfig config, State state, long now, BreakerCounters counters, long opened) {
    this.name = config.name();
    this.succeeded = config.countsSuccesses() ? counters.succeeded.sum() : null;
    this.state = state.circuit();
    this.mode = state.mode();
    this.window = state instanceof Closed closed ? closed.counts(now) : WindowCounts.NOTHING;
    this.probesUnderWay = state instanceof HalfOpen halfOpen ? halfOpen.probesUnderWay() : 0;
    this.failed = counters.failed.sum();
    this.timedOut = counters.timedOut.sum();
    this.cancelled = counters.cancelled.sum();
    this.uncounted = counters.uncounted.sum();
    this.rejected = counters.rejected.sum();
    this.opened = opened;
  }

  /** The name of the breaker. */
  public String name() {
    return name;
  }

  /** The state of the circuit. */
  public Circuit state() {
    return state;
  }

  /** Whether the breaker decides by itself. */
  public BreakerMode mode() {
    return mode;
  }

  /** How many results the window holds; 0 unless closed. */
  public int windowCalls() {
    return window.calls();
  }

  /** How many results in the window are failures; 0 unless closed. */
  public int windowFailures() {
    return window.failures();
  }

  /** How many calls in the window ran out of time; 0 unless closed. */
  public int windowTimedOut() {
    return window.timedOut();
  }

  /** How many calls in the window were slow; 0 unless closed. */
  public int windowSlow() {
    return window.slow();
  }

  /** Permits in use; 0 unless half-open. */
  public int probesUnderWay() {
    return probesUnderWay;
  }

  /**
   * Calls that succeeded, ever; empty unless {@link Breaker.Builder#countSuccesses} asks for it: to
   * count them would be the only thing that a good call has to write.
   */
  public OptionalLong succeeded() {
    return succeeded == null ? OptionalLong.empty() : OptionalLong.of(succeeded);
  }

  /** Calls that counted as failures, ever. */
  public long failed() {
    return failed;
  }

  /** Calls that ran out of time after a fair chance, ever. */
  public long timedOut() {
    return timedOut;
  }

  /** Calls that their caller cancelled, ever; they decide nothing. */
  public long cancelled() {
    return cancelled;
  }

  /** Other calls that said nothing of the dependency, ever. */
  public long uncounted() {
    return uncounted;
  }

  /** Calls that were not let through, ever. */
  public long rejected() {
    return rejected;
  }

  /** How often the circuit has opened. */
  public long opened() {
    return opened;
  }

  /** All numbers in one line. */
  @Override
  public String toString() {
    return "breaker '"
        + name
        + "': "
        + state
        + " ("
        + mode
        + "), window of "
        + window.calls()
        + " calls, "
        + window.failures()
        + " failed, "
        + window.timedOut()
        + " timed out, "
        + window.slow()
        + " slow; "
        + probesUnderWay
        + " probes under way; ever "
        + (succeeded == null ? "" : succeeded + " succeeded, ")
        + failed
        + " failed, "
        + timedOut
        + " timed out, "
        + cancelled
        + " cancelled, "
        + uncounted
        + " uncounted, "
        + rejected
        + " rejected, opened "
        + opened
        + " times";
  }
}
