/**
 * What a call can fail with besides the exceptions of the work itself. {@link
 * dev.resilience.error.RejectedException} and its subclasses mean that the dependency was not
 * called.
 *
 * <p>An ended context has its own exceptions, in {@code dev.resilience.context}.
 */
@NullMarked
package dev.resilience.error;

import org.jspecify.annotations.NullMarked;
