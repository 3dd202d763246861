/**
 * The load comparison: the same callers and faults for us and for the peers, real and simulated.
 */
@NullMarked
package dev.resilience.load;

import org.jspecify.annotations.NullMarked;
