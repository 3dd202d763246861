/** Registration, look-up and balancing under a context. */
@NullMarked
package dev.resilience.discovery;

import org.jspecify.annotations.NullMarked;
