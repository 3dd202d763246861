/**
 * Meters by Micrometer's conventions: {@link dev.resilience.micrometer.CallMetrics} hears of calls,
 * {@link dev.resilience.micrometer.ContextMetrics} of contexts, and a binder for each kind of
 * policy, cache, client and pool reads its snapshot when the registry is read. Nothing is
 * registered that nobody has asked for.
 */
@NullMarked
package dev.resilience.micrometer;

import org.jspecify.annotations.NullMarked;
