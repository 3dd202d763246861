package dev.resilience.configuration;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.Durations;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long work may take at most.
 *
 * @param usual of work that has no deadline; null: as long as it takes
 * @param longest of all work; null: as long as it takes
 */
record ContextLimits(@Nullable Duration usual, @Nullable Duration longest) {

  static ContextLimits of(Values values) {
    return new ContextLimits(
        values.find(ContextKeys.DEFAULT_TIMEOUT).orElse(null),
        values.find(ContextKeys.MAX_TIMEOUT).orElse(null));
  }

  /** Whether a context has more time than it may have. */
  boolean areExceededBy(Context ctx) {
    if (ctx.deadline().isEmpty()) {
      return usual != null || longest != null;
    }
    return longest != null && ctx.timeLeft().compareTo(longest) > 0;
  }

  /** A child that has no more time than it may have; its owner closes it, and nothing is left. */
  @MustBeClosed
  CancellableContext derive(Context ctx) {
    Duration limit = usual != null && ctx.deadline().isEmpty() ? usual : longest;
    return limit == null ? ctx.withCancel() : ctx.withTimeout(limit);
  }

  /** A child with the time that was asked for, if it may have it. */
  @MustBeClosed
  CancellableContext derive(Context ctx, Duration asked) {
    return ctx.withTimeout(longest == null ? asked : Durations.min(asked, longest));
  }
}
