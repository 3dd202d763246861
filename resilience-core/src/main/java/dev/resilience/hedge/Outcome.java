package dev.resilience.hedge;

import org.jspecify.annotations.Nullable;

/** What an attempt came to, as a value: a failure may be any, and is not to be unwrapped. */
record Outcome<T extends @Nullable Object>(@Nullable T result, @Nullable Throwable failure) {}
