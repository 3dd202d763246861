/**
 * Active health checks: {@link dev.resilience.discovery.health.HealthCheck} is one check, {@link
 * dev.resilience.discovery.health.HealthChecks} says how often and with what thresholds.
 */
@NullMarked
package dev.resilience.discovery.health;

import org.jspecify.annotations.NullMarked;
