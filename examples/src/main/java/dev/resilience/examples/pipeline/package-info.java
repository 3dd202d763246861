/** The main demo: orders through a gateway to four services that misbehave. */
@NullMarked
package dev.resilience.examples.pipeline;

import org.jspecify.annotations.NullMarked;
