package dev.resilience.http.server;

import dev.resilience.context.Context;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long an exchange has waited for its client, in all reads or in all writes together. A slow
 * handler costs nothing of it. One thread at a time.
 */
final class TransferClock {

  private final TimeSource time;
  private final long limit;
  private final Runnable exceeded;
  private long spent;
  private long began;
  private @Nullable Timer timer;

  private TransferClock(TimeSource time, long limit, Runnable exceeded) {
    this.time = time;
    this.limit = limit;
    this.exceeded = exceeded;
  }

  /** A clock, or null where there is no limit. */
  static @Nullable TransferClock of(Context ctx, @Nullable Duration limit, Runnable exceeded) {
    return limit == null
        ? null
        : new TransferClock(ctx.timeSource(), Durations.toNanos(limit), exceeded);
  }

  void begin() {
    began = time.nanoTime();
    timer = time.startTimer(began + Math.max(0, limit - spent), () -> time.execute(exceeded));
  }

  void end() {
    Timer standing = timer;
    timer = null;
    if (standing != null) {
      standing.cancel();
    }
    spent += time.nanoTime() - began;
  }
}
