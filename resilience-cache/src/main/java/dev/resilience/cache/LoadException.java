package dev.resilience.cache;

import dev.resilience.error.ResilienceException;
import dev.resilience.text.SafeText;
import java.util.Objects;

/**
 * A load has failed; {@link #getCause} is with what. Each caller that waited gets an exception of
 * its own, because the load was perhaps started by somebody else, elsewhere.
 *
 * <p>The cause of a load that took too long is a {@link
 * dev.resilience.error.AttemptTimeoutException}.
 */
public final class LoadException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param cache the name of the cache
   * @param cause what the loader threw; or what code of the user's threw that was to judge or weigh
   *     what the loader had brought
   */
  public LoadException(String cache, Throwable cause) {
    super(
        cache + ": the load failed: " + SafeText.of(Objects.requireNonNull(cause, "cause")), cause);
  }
}
