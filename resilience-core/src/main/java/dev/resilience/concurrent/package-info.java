/**
 * Work under a context: groups of tasks, worker pools, named operations, cleanup, conditional
 * modifiers, and the graceful shutdown of the process that hosts them.
 *
 * <p>Start with {@link dev.resilience.concurrent.TaskGroup} for the parts of one call. What ends
 * here ends because of a context: tasks get one, are interrupted by it, and are accounted for
 * exactly once. This package knows time, contexts and errors, and no policy: a task that wants
 * retries or a breaker calls its {@code Resilience} itself.
 *
 * <p>Passing {@code null} to a method of this package throws {@link NullPointerException} with the
 * name of the argument, unless stated otherwise.
 */
@NullMarked
package dev.resilience.concurrent;

import org.jspecify.annotations.NullMarked;
