/** Tests of the main demo: most of them over real sockets. */
@NullMarked
package dev.resilience.examples.pipeline;

import org.jspecify.annotations.NullMarked;
