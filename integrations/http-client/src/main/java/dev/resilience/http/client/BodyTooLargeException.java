package dev.resilience.http.client;

import java.io.IOException;

/** Ends a body that is longer than allowed. */
final class BodyTooLargeException extends IOException {

  private static final long serialVersionUID = 1L;

  BodyTooLargeException(long most) {
    super("the body is longer than " + most + " bytes");
  }
}
