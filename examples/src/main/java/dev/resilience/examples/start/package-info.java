/** The first page that a newcomer reads, as a program. */
@NullMarked
package dev.resilience.examples.start;

import org.jspecify.annotations.NullMarked;
