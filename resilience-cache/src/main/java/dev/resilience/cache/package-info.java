/**
 * A cache whose loads know who still waits for them: {@link dev.resilience.cache.ContextCache}.
 *
 * <p>Size, weight and eviction are Caffeine's. What stands here is what Caffeine cannot know: whose
 * time a load costs, who still wants it, and how old a value may be when the load fails.
 */
@NullMarked
package dev.resilience.cache;

import org.jspecify.annotations.NullMarked;
