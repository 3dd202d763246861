/** The cache on two machines: how long until one sees what the other has changed. */
@NullMarked
package dev.resilience.examples.cache;

import org.jspecify.annotations.NullMarked;
