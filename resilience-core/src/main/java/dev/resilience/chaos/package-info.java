/**
 * Fault injection ({@link dev.resilience.chaos.Chaos}): a policy that makes a share of the calls
 * fail, wait, hang or be rejected, to see what the rest of a stack makes of it. Knows no other
 * policy.
 */
@NullMarked
package dev.resilience.chaos;

import org.jspecify.annotations.NullMarked;
