package dev.resilience.examples.pipeline;

import dev.resilience.error.RejectedException;
import java.time.Duration;

/**
 * The service turned the request away before it did anything, and says when to come back (429 or
 * 503 with {@code Retry-After}). Being a rejection, it is retried just then.
 */
final class ServerBusyException extends RejectedException {

  private static final long serialVersionUID = 1L;

  ServerBusyException(int status, Duration retryAfter) {
    super(status + ", retry after " + retryAfter.toSeconds() + " s", retryAfter);
  }
}
