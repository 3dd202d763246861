/**
 * Policies and limits by name, from a map, properties, JSON or YAML; changed while they run. {@link
 * dev.resilience.configuration.Configuration} reads and validates, {@link
 * dev.resilience.configuration.LiveConfiguration} is what calls go through.
 */
@NullMarked
package dev.resilience.configuration;

import org.jspecify.annotations.NullMarked;
