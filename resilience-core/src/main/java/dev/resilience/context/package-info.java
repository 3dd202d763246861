/**
 * The context tree: deadlines, cancellation and values that a call passes on.
 *
 * <p>{@link dev.resilience.context.Context} is the whole of it for most users; {@link
 * dev.resilience.context.CancellableContext} is what its owner holds, {@link
 * dev.resilience.context.Key} names a value, {@link dev.resilience.context.ContextObserver} watches
 * a tree. This package knows no policy, and depends on {@code dev.resilience.time} alone.
 */
@NullMarked
package dev.resilience.context;

import org.jspecify.annotations.NullMarked;
