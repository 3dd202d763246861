/** The HTTP client: what it does that the JDK's alone does not, and what it costs. */
@NullMarked
package dev.resilience.examples.http;

import org.jspecify.annotations.NullMarked;
