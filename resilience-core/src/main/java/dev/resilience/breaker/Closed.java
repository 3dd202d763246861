package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;
import org.jspecify.annotations.Nullable;

/**
 * Calls pass and their results are counted. Holds nothing of a call, so it is the admission too.
 */
final class Closed extends State implements Admission {

  private static final long NOT_STALLED = Long.MIN_VALUE;

  private final Window window;
  private final Thresholds thresholds;
  private final BreakerMode mode;

  /** Since when next to nothing gets through; or {@link #NOT_STALLED}. */
  private volatile long stalledSince = NOT_STALLED;

  Closed(Window window, Thresholds thresholds, BreakerMode mode) {
    this.window = window;
    this.thresholds = thresholds;
    this.mode = mode;
  }

  @Override
  Circuit circuit() {
    return Circuit.CLOSED;
  }

  @Override
  BreakerMode mode() {
    return mode;
  }

  @Override
  public @Nullable Transition settle(Result result, boolean slow, long now) {
    Health health = window.add(result, slow, now);
    if (mode != BreakerMode.AUTOMATIC) {
      return null;
    }
    return switch (health) {
      case WELL -> {
        if (stalledSince != NOT_STALLED) {
          stalledSince = NOT_STALLED;
        }
        yield null;
      }
      // Another result knows no time, and is not what this is about.
      case STALLED -> result == Result.TIMED_OUT ? stalled(now) : null;
      case FAILING ->
          new Transition(this, Circuit.OPEN, thresholds.reason(window.counts(now), health));
    };
  }

  /** A pause is no outage: many calls that time out at once say no more than one. */
  private @Nullable Transition stalled(long now) {
    long since = stalledSince;
    if (since == NOT_STALLED) {
      stalledSince = now == NOT_STALLED ? now + 1 : now;
      return null;
    }
    return now - since >= thresholds.stallTime()
        ? new Transition(this, Circuit.OPEN, thresholds.reason(window.counts(now), Health.STALLED))
        : null;
  }

  @Override
  public void release() {}

  WindowCounts counts(long now) {
    return window.counts(now);
  }
}
