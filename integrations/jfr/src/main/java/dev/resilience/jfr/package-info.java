/**
 * Contexts, calls, attempts, waits and changes of state as events of JDK Flight Recorder; {@link
 * dev.resilience.jfr.JfrEvents} has what is put into a stack or installed at a root.
 *
 * <p>All events are off until a recording enables them. Their names begin with {@code
 * dev.resilience.}. No event holds a value of a context but its name and its request id, nor the
 * text of a failure.
 */
@NullMarked
package dev.resilience.jfr;

import org.jspecify.annotations.NullMarked;
