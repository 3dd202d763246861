/**
 * For those who write policies, and what the policies share: the interface that each implements
 * ({@link dev.resilience.policy.ContextPolicy}), the one truth table by which all of them judge
 * what happened ({@link dev.resilience.policy.Classifier}), the fallback interface and the retry
 * budget.
 *
 * <p>The policies themselves live in packages of their own and know no sibling.
 */
@NullMarked
package dev.resilience.policy;

import org.jspecify.annotations.NullMarked;
