package dev.resilience.http.client;

import java.io.IOException;

/** A response whose status is none of 200 to 299, where only such a one will do. */
public final class HttpStatusException extends IOException {

  private static final long serialVersionUID = 1L;

  private final int status;

  HttpStatusException(String request, int status) {
    super(request + ": status " + status + " (expected: 200 to 299)");
    this.status = status;
  }

  /** The status. */
  public int status() {
    return status;
  }
}
