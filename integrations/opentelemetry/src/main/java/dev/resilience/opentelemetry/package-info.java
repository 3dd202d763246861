/**
 * OpenTelemetry as the source of spans ({@link dev.resilience.opentelemetry.OpenTelemetryTracing}),
 * and its context beside ours, both ways ({@link
 * dev.resilience.opentelemetry.OpenTelemetryContexts}).
 */
@NullMarked
package dev.resilience.opentelemetry;

import org.jspecify.annotations.NullMarked;
