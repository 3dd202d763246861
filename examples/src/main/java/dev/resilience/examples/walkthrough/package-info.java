/** The cache and discovery step by step, and reads that have more than one source. */
@NullMarked
package dev.resilience.examples.walkthrough;

import org.jspecify.annotations.NullMarked;
