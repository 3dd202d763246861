package dev.resilience.okhttp;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Which of OkHttp's failures say that the server has not begun to work on the request. */
final class NeverSent {

  private NeverSent() {}

  static boolean is(Throwable failure) {
    return isRefused(failure)
        || failure instanceof UnknownHostException
        || failure instanceof ConnectException
        || failure instanceof NoRouteToHostException
        || failure instanceof SSLHandshakeException
        || failure instanceof SSLPeerUnverifiedException
        || (failure instanceof SocketTimeoutException timeout
            && String.valueOf(timeout.getMessage()).contains("connect"));
  }

  /**
   * Whether a stream of HTTP/2 was refused before any work, by a {@code REFUSED_STREAM} or a {@code
   * GOAWAY} (RFC 9113, section 8.7), which is no mark against the server. OkHttp's exceptions for
   * it are in a package that it does not export.
   */
  static boolean isRefused(Throwable failure) {
    return switch (failure.getClass().getName()) {
      case "okhttp3.internal.http2.StreamResetException" ->
          String.valueOf(failure.getMessage()).endsWith("REFUSED_STREAM");
      case "okhttp3.internal.http2.ConnectionShutdownException" -> true;
      default -> false;
    };
  }
}
