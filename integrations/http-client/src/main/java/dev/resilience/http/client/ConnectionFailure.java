package dev.resilience.http.client;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** Why there is no whole response. */
public enum ConnectionFailure {
  /** The name has no address. Nothing was sent. */
  UNKNOWN_HOST(true),
  /** Nobody listens, or there is no route. Nothing was sent. */
  REFUSED(true),
  /** No connection in time. Nothing was sent. */
  CONNECT_TIMEOUT(true),
  /** No agreement on TLS, or a certificate that is not trusted. Nothing was sent. */
  TLS(true),
  /** The connection was closed before the response began; the server may have done the work. */
  CLOSED(false),
  /** The connection was reset before the response began; the server may have done the work. */
  RESET(false),
  /** What came is not HTTP, or beyond the limits for its headers. */
  PROTOCOL(false),
  /** The connection broke while the body was read. */
  BROKEN_BODY(false),
  /** The body is longer than this client takes. */
  BODY_TOO_LARGE(false),
  /** None of these. */
  OTHER(false);

  private static final int MAX_CAUSES = 8;

  private final boolean neverSent;

  ConnectionFailure(boolean neverSent) {
    this.neverSent = neverSent;
  }

  /** Whether the server cannot have seen the request: it may be sent again, whatever its method. */
  public boolean isNeverSent() {
    return neverSent;
  }

  /** What a failure of the JDK's client means. */
  static ConnectionFailure of(Throwable failure, boolean hasHeaders) {
    Throwable cause = failure;
    ConnectionFailure found = OTHER;
    for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
      if (cause instanceof BodyTooLargeException) {
        return BODY_TOO_LARGE;
      }
      ConnectionFailure kind = kindOf(cause);
      if (kind != OTHER && (found == OTHER || kind == UNKNOWN_HOST)) {
        found = kind;
      }
      cause = cause.getCause();
    }
    return hasHeaders && found != PROTOCOL ? BROKEN_BODY : found;
  }

  private static ConnectionFailure kindOf(Throwable cause) {
    if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
      return UNKNOWN_HOST;
    }
    if (cause instanceof HttpConnectTimeoutException) {
      return CONNECT_TIMEOUT;
    }
    if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
      return REFUSED;
    }
    if (cause instanceof SSLException) {
      return TLS;
    }
    if (cause instanceof ProtocolException) {
      return PROTOCOL;
    }
    if (cause instanceof EOFException) {
      return CLOSED;
    }
    String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (cause instanceof SocketException || message.contains("connection reset")) {
      return RESET;
    }
    if (message.contains("received no bytes") || message.contains("closed")) {
      return CLOSED;
    }
    return message.contains("parser") || message.contains("header") || message.contains("invalid")
        ? PROTOCOL
        : OTHER;
  }
}
