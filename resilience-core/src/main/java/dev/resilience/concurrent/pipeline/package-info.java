/**
 * Pipelines: typed stages that run side by side, connected by bounded queues.
 *
 * <p>{@link dev.resilience.concurrent.pipeline.Pipeline} is built once and run often. Each item
 * travels with a context that stages may replace, and that is closed when the item leaves. As
 * source and sink serve iterables and {@link java.util.concurrent.Flow}.
 */
@NullMarked
package dev.resilience.concurrent.pipeline;

import org.jspecify.annotations.NullMarked;
