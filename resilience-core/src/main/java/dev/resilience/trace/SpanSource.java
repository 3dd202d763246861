package dev.resilience.trace;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans: the built-in {@link SpanTree}, or the bridge to another library. It is found by its
 * context: everything below {@link #in} is traced by it, and nothing else.
 *
 * <p>Implementations are thread-safe. What they throw is theirs to contain: a span that cannot be
 * made costs nobody the work.
 */
public interface SpanSource {

  /** Under which a context has its source. */
  Key<SpanSource> KEY = Key.of("span source", SpanSource.class);

  /**
   * Starts a span, as a child of the context's current one or, where it has none, as the first.
   *
   * @param ctx the work's
   * @param name the operation, the same for all its executions: no ids
   * @param role where the other end is
   */
  ActiveSpan start(Context ctx, String name, SpanRole role);

  /** A child of a context that is traced by this, as are its descendants. */
  default Context in(Context ctx) {
    return ctx.withValue(KEY, this);
  }

  /** The source of a context; null: nobody listens. */
  static @Nullable SpanSource of(Context ctx) {
    return ctx.get(KEY);
  }
}
