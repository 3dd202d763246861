/**
 * Values of the context in log lines: in the MDC of every thread that works for it ({@link
 * dev.resilience.slf4j.LogFields}), and as key-value pairs of a logger that knows its context
 * ({@link dev.resilience.slf4j.ContextLogger}).
 */
@NullMarked
package dev.resilience.slf4j;

import org.jspecify.annotations.NullMarked;
