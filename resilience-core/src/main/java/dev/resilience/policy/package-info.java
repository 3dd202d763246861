/** Where policies meet: the stack, the errors, the truth table; knows no single policy. */
@NullMarked
package dev.resilience.policy;

import org.jspecify.annotations.NullMarked;
