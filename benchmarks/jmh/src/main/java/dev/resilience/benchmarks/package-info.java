/**
 * What things cost, the peers beside us: a class is a piece of work, its methods are who does it.
 * The rows of the table, and what they are to reach, stand in {@link
 * dev.resilience.benchmarks.Row}.
 */
@NullMarked
package dev.resilience.benchmarks;

import org.jspecify.annotations.NullMarked;
