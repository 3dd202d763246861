/**
 * Counts and quantiles that policies decide by. Knows no policy. Not exported: plumbing of the
 * policies and of our own modules.
 */
@NullMarked
package dev.resilience.statistics;

import org.jspecify.annotations.NullMarked;
