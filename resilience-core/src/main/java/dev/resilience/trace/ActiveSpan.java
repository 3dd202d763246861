package dev.resilience.trace;

import dev.resilience.context.Context;

/**
 * A span that is under way, in the hands of whoever started it. Always close it, best with
 * try-with-resources or by {@link Tracing#call}; the first close counts.
 *
 * <pre>{@code
 * try (ActiveSpan span = Tracing.start(ctx, "validateOrder")) {
 *   span.attribute("order.items", order.size());
 *   validate(span.context(), order);        // spans inside are children
 * }
 * }</pre>
 *
 * <p>A span whose context has ended when it is closed is marked as cancelled. Safe for use by
 * several threads. Where nobody listens, it does nothing.
 */
public interface ActiveSpan extends AutoCloseable {

  /** The context to pass on: spans that are started with it are children of this one. */
  Context context();

  /**
   * Whether what is added is kept. Where it is not, because nobody listens or this trace is not in
   * the sample, there is no need to prepare it.
   */
  default boolean isRecording() {
    return true;
  }

  /**
   * Adds what distinguishes this execution from others.
   *
   * @param key lower case, parts separated by dots
   */
  ActiveSpan attribute(String key, String value);

  /**
   * Adds what distinguishes this execution from others.
   *
   * @param key lower case, parts separated by dots
   */
  ActiveSpan attribute(String key, long value);

  /** Something happened at this moment. */
  ActiveSpan event(String text);

  /**
   * The work has failed. An end that its own context has caused is no failure: it is seen when the
   * span is closed.
   */
  ActiveSpan failed(Throwable failure);

  /** The work is over. */
  @Override
  void close();
}
