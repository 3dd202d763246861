package dev.resilience.simulation;

/** A service answered with an error, or could not be reached. */
public final class ServiceException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** An error of the service itself. */
  public static final int ERROR = 500;

  /** The service refused the request before it did any work on it. */
  public static final int REFUSED = 503;

  /** The service found that the time left is too short, and did not begin. */
  public static final int TOO_LATE = 504;

  /** No connection. */
  public static final int UNREACHABLE = 0;

  private final int status;

  /**
   * A failed request.
   *
   * @param status as in HTTP; 0: no connection
   */
  public ServiceException(int status) {
    super("status " + status, null, false, false);
    this.status = status;
  }

  /** The status as in HTTP; 0: no connection. */
  public int status() {
    return status;
  }

  /** Whether the service refused the request before it did any work on it. */
  public boolean isRefusal() {
    return status == REFUSED || status == TOO_LATE;
  }
}
