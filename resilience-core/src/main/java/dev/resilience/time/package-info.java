/** Time as a value that can be replaced; knows nothing else. */
@NullMarked
package dev.resilience.time;

import org.jspecify.annotations.NullMarked;
