/**
 * The time of a call, divided among its stages: {@link dev.resilience.budget.TimeBudget}. What a
 * stage is given is a child context, so it reaches whatever the stage calls. Knows no other policy.
 */
@NullMarked
package dev.resilience.budget;

import org.jspecify.annotations.NullMarked;
