package dev.resilience.redis;

import org.jspecify.annotations.Nullable;

/**
 * A near copy.
 *
 * @param deadline of the time source; the far one is there at least until then
 */
record Copy<V extends @Nullable Object>(V value, long deadline) {}
