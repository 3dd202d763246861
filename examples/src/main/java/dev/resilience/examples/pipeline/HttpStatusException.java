package dev.resilience.examples.pipeline;

import java.io.IOException;

/** An answer that says that there is none: thrown by a service, sent as a status, thrown again. */
final class HttpStatusException extends IOException {

  private static final long serialVersionUID = 1L;

  private final int status;
  private final String reason;

  HttpStatusException(int status, String reason) {
    super(status + " " + reason);
    this.status = status;
    this.reason = reason;
  }

  int status() {
    return status;
  }

  String reason() {
    return reason;
  }

  /** Whether it is the request that was wrong. The service is well then. */
  boolean isTheClientsFault() {
    return status < 500;
  }
}
