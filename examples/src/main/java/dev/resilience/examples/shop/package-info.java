/**
 * A shop whose dependencies can be made to fail by buttons on the live page, to see what the
 * policies do about it, and what happens without them.
 */
@NullMarked
package dev.resilience.examples.shop;

import org.jspecify.annotations.NullMarked;
