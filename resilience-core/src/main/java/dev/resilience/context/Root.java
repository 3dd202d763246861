package dev.resilience.context;

import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** What a whole tree shares. */
record Root(TimeSource time, @Nullable ContextObserver observer) {}
