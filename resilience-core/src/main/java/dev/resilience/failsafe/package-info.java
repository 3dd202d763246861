/**
 * The bridge to Failsafe, both ways: {@link dev.resilience.failsafe.FailsafePolicies#of} hands our
 * policies to {@code Failsafe.with(...)}, {@link dev.resilience.failsafe.FailsafePolicies#policy}
 * puts policies of Failsafe's into a stack of ours. A retry policy alone is better adopted by
 * {@code Retry.of}. Nothing else touches Failsafe's interfaces but {@code dev.resilience.retry}.
 */
@NullMarked
package dev.resilience.failsafe;

import org.jspecify.annotations.NullMarked;
