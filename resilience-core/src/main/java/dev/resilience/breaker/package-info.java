/** Sparing a dependency that fails; knows no other policy. */
@NullMarked
package dev.resilience.breaker;

import org.jspecify.annotations.NullMarked;
