/** Trying again, with back-off, while time is left; knows no other policy. */
@NullMarked
package dev.resilience.retry;

import org.jspecify.annotations.NullMarked;
