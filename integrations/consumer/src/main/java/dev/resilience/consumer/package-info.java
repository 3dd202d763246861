/** An application that uses every module. */
@NullMarked
package dev.resilience.consumer;

import org.jspecify.annotations.NullMarked;
