/**
 * For the tests of users: {@link dev.resilience.junit.Simulated} runs a test on virtual time,
 * {@link dev.resilience.junit.FailOnContextLeaks} fails one that leaves contexts behind.
 */
@NullMarked
package dev.resilience.junit;

import org.jspecify.annotations.NullMarked;
