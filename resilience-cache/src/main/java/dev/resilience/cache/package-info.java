/** One load for many waiters, each with its own deadline. */
@NullMarked
package dev.resilience.cache;

import org.jspecify.annotations.NullMarked;
