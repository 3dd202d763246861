/**
 * Looks at contexts from outside: {@link dev.resilience.diagnostics.ContextMonitor} dumps the live
 * tree, {@link dev.resilience.diagnostics.LeakDetector} finds contexts that nobody ends. Both are
 * observers, installed at a root with {@link dev.resilience.context.Context#observed}.
 *
 * <p>Nothing here decides about a call. This package knows {@code context}, {@code time} and {@code
 * text}, and no policy.
 */
@NullMarked
package dev.resilience.diagnostics;

import org.jspecify.annotations.NullMarked;
