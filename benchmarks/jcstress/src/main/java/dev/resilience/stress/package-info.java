/**
 * Races that jcstress runs millions of times. Each test says in words which outcomes are right; all
 * others are forbidden. Only two threads race in each, since a machine with two processors runs no
 * test of three; what needs three is checked with Lincheck in the tests of the core.
 */
@NullMarked
package dev.resilience.stress;

import org.jspecify.annotations.NullMarked;
