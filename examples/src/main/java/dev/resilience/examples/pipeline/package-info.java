/**
 * The main demo: orders placed at a gateway that calls four services which misbehave, over real
 * HTTP. Begin with {@link dev.resilience.examples.pipeline.OrderPipeline}; how calls are protected
 * stands in {@code Policies}.
 */
@NullMarked
package dev.resilience.examples.pipeline;

import org.jspecify.annotations.NullMarked;
