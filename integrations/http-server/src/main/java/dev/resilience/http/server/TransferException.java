package dev.resilience.http.server;

import java.io.IOException;

/**
 * A request that is too large or too slow to be read: status 408, 413, 414 or 431. Thrown by the
 * stream of the body, or by {@link TransferLimits}.
 */
public final class TransferException extends IOException {

  private static final long serialVersionUID = 1L;

  private final int status;

  TransferException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The status that says so. */
  public int status() {
    return status;
  }
}
