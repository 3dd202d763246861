/** Jobs, tasks, pipelines, partial results and batches: work under a context. */
@NullMarked
package dev.resilience.examples.concurrent;

import org.jspecify.annotations.NullMarked;
