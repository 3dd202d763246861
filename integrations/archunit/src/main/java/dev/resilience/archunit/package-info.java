/** Rules on how contexts are used, for tests of architecture. See {@code docs/rules.md}. */
@NullMarked
package dev.resilience.archunit;

import org.jspecify.annotations.NullMarked;
