package dev.resilience.chaos;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The calls that wait because a fault has hit them. Each waits for the end of a context of its own,
 * so that one thing ends a wait, whatever the reason: the time is up, the caller has left, or the
 * faults were changed.
 */
final class Pauses {

  /** Why a wait ended that neither the caller nor the time has ended. */
  @SuppressWarnings("StaticAssignmentOfThrowable") // a reason is made to be shared
  private static final CancelReason CHANGED = CancelReason.of("the injected faults were changed");

  private final Set<CancellableContext> waiting = ConcurrentHashMap.newKeySet();

  /** A wait of so long; of {@link Durations#MAX} until something else ends it. */
  @SuppressWarnings("MustBeClosed") // closed by end()
  CancellableContext begin(Context ctx, Duration time) {
    CancellableContext pause =
        time.compareTo(Durations.MAX) >= 0 ? ctx.withCancel() : ctx.withTimeout(time);
    waiting.add(pause);
    return pause;
  }

  void end(CancellableContext pause) {
    waiting.remove(pause);
    pause.close();
  }

  /** Those who wait go on now. */
  void release() {
    waiting.forEach(this::release);
  }

  void release(CancellableContext pause) {
    pause.cancel(CHANGED);
  }

  int count() {
    return waiting.size();
  }
}
