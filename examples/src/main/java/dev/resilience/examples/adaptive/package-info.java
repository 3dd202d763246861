/**
 * How an adaptive time-out follows a service that turns slower and recovers, as numbers and as a
 * picture.
 */
@NullMarked
package dev.resilience.examples.adaptive;

import org.jspecify.annotations.NullMarked;
