package dev.resilience.trace;

/**
 * Hears of the spans of a {@link SpanTree}, for a line in the log at the start and at the end of
 * each. Called on the thread that starts or closes, without a lock; be quick. What a method throws
 * is contained and logged.
 */
public interface SpanListener {

  /** A span was started. */
  default void onStarted(SpanRecord span) {}

  /** A span was closed. Comes once. */
  default void onEnded(SpanRecord span) {}
}
