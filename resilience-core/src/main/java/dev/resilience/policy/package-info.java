/**
 * What the policies share: the stack that composes them ({@link dev.resilience.policy.Resilience}),
 * the interface that each implements ({@link dev.resilience.policy.ContextPolicy}), the one truth
 * table by which all of them judge what happened ({@link dev.resilience.policy.Classifier}), the
 * fallback interface, the errors, the events, and the story of a call.
 *
 * <p>The policies themselves live in packages of their own and know no sibling: what two of them
 * have to say to each other is said here.
 */
@NullMarked
package dev.resilience.policy;

import org.jspecify.annotations.NullMarked;
