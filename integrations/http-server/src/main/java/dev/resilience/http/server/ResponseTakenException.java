package dev.resilience.http.server;

import java.io.IOException;

/**
 * The response no longer belongs to the handler: the request has ended, and the client has been
 * answered or has gone. What the handler still writes is not sent.
 */
public final class ResponseTakenException extends IOException {

  private static final long serialVersionUID = 1L;

  ResponseTakenException(String message) {
    super(message);
  }
}
