/**
 * The time of a call, divided among its phases: {@link dev.resilience.budget.TimeBudget}. What a
 * phase is given is a child context, so it reaches whatever the phase calls. Knows no other policy.
 */
@NullMarked
package dev.resilience.budget;

import org.jspecify.annotations.NullMarked;
