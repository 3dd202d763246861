/**
 * Three services in a row, with 300 ms left at the first: what is done when nobody waits any more.
 */
@NullMarked
package dev.resilience.examples.chain;

import org.jspecify.annotations.NullMarked;
