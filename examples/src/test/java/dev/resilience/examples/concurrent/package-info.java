/** Tests of the examples of concurrency, on virtual time. */
@NullMarked
package dev.resilience.examples.concurrent;

import org.jspecify.annotations.NullMarked;
