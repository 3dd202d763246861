package dev.resilience.policy;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Takes off what {@link java.util.concurrent.CompletableFuture} wraps around a failure; for
 * policies.
 */
public final class RawFailure {

  private RawFailure() {}

  /** What a stage failed with, as it was thrown. */
  public static Throwable of(Throwable failure) {
    Throwable raw = failure;
    @Nullable Throwable cause = raw.getCause();
    while (raw instanceof CompletionException && cause != null) {
      raw = cause;
      cause = raw.getCause();
    }
    return raw;
  }
}
