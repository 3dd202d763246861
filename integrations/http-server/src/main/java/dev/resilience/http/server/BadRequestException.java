package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

/**
 * The request is wrong: status 400. The message goes to the client.
 *
 * <pre>{@code
 * String id = exchange.parameter("id").orElseThrow(() -> new BadRequestException("user ID required"));
 * }</pre>
 */
public final class BadRequestException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure without a stack trace: the client's, not the program's.
   *
   * @param message for the client: what was given, what was expected
   */
  public BadRequestException(String message) {
    super(requireNonNull(message, "message"), null, false, false);
  }
}
