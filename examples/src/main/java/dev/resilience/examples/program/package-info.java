/** What every program of this module needs: arguments, Ctrl-C, threads with names, tables. */
@NullMarked
package dev.resilience.examples.program;

import org.jspecify.annotations.NullMarked;
