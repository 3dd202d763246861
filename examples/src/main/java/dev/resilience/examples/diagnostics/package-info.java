/** Looking at a program from outside. */
@NullMarked
package dev.resilience.examples.diagnostics;

import org.jspecify.annotations.NullMarked;
