/** The tree of contexts; knows time and no policy. */
@NullMarked
package dev.resilience.context;

import org.jspecify.annotations.NullMarked;
