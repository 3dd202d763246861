package dev.resilience.http.client;

import java.io.IOException;

/**
 * There is no whole response; {@link #kind} tells why, the cause is what the JDK's client threw.
 */
public final class HttpConnectionException extends IOException {

  private static final long serialVersionUID = 1L;

  private final ConnectionFailure kind;

  HttpConnectionException(String message, ConnectionFailure kind, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** Why there is no response. */
  public ConnectionFailure kind() {
    return kind;
  }
}
