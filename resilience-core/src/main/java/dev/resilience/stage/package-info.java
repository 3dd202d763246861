/**
 * Completion stages under a context: bounded by its end, cancelled by their caller, and one step
 * after the other. Not exported: plumbing of the policies and of our own modules.
 */
@NullMarked
package dev.resilience.stage;

import org.jspecify.annotations.NullMarked;
