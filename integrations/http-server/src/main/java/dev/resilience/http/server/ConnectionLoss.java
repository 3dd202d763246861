package dev.resilience.http.server;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;

/**
 * Whether a failure of a stream says that the other end of the connection has gone: containers tell
 * it by classes of their own, and the JDK by what the system says.
 */
final class ConnectionLoss {

  private static final int MAX_CAUSES = 8;

  private ConnectionLoss() {}

  /**
   * Looks at a failure of a stream of the container.
   *
   * @param failure of a read or a write, not of a handler's own work
   */
  static boolean is(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
      if (cause instanceof IOException && says(cause)) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  private static boolean says(Throwable cause) {
    String type = cause.getClass().getSimpleName();
    if (cause instanceof EOFException // Jetty's EofException is one
        || (cause instanceof ClosedChannelException
            && !(cause instanceof AsynchronousCloseException)) // by ourselves
        || type.equals("ClientAbortException")) { // Tomcat's
      return true;
    }
    String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("broken pipe")
        || message.contains("connection reset")
        || message.contains("connection was aborted")
        || message.contains("connection closed before"); // the JDK's, in the body of a request
  }
}
