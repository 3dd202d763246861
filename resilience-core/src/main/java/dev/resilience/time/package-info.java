/**
 * Time as a thing that can be replaced: the monotonic now, the wall clock, timers, parking, and
 * randomness, all behind {@link dev.resilience.time.TimeSource}.
 *
 * <p>Whatever measures or waits in this library asks a time source and nothing else, so a program
 * that starts from {@link dev.resilience.time.VirtualTime} runs hours in milliseconds, the same on
 * every run. This package knows no context and no policy, and may depend on the JDK alone.
 */
@NullMarked
package dev.resilience.time;

import org.jspecify.annotations.NullMarked;
