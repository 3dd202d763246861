/**
 * The bridge to Failsafe: {@link dev.resilience.failsafe.FailsafePolicies} hands our policies to
 * {@code Failsafe.with(...)}. The other way, a policy of Failsafe's in a stack of ours, is {@link
 * dev.resilience.policy.ContextPolicy#of}, or {@code Retry.of} for a retry policy alone.
 */
@NullMarked
package dev.resilience.failsafe;

import org.jspecify.annotations.NullMarked;
