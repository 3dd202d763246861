/**
 * Spans: what a request did, when, and how it ended, as a tree. {@link
 * dev.resilience.trace.Tracing} starts them, {@link dev.resilience.trace.SpanTree} collects them
 * without any other library; an integration such as OpenTelemetry is another {@link
 * dev.resilience.trace.SpanSource}. Knows the interfaces of policies, and no policy.
 */
@NullMarked
package dev.resilience.trace;

import org.jspecify.annotations.NullMarked;
