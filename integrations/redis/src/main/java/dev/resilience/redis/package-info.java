/**
 * A cache in two tiers: near copies in each machine, and one Redis that they share. {@link
 * dev.resilience.redis.RedisCache} is where to begin.
 */
@NullMarked
package dev.resilience.redis;

import org.jspecify.annotations.NullMarked;
