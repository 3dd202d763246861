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
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Why there is no whole response. */
public enum ConnectionFailure {
  /** The name has no address. Nothing was sent. */
  UNKNOWN_HOST(true),
  /** Nobody listens, or there is no route. Nothing was sent. */
  REFUSED(true),
  /** No connection in time. Nothing was sent. */
  CONNECT_TIMEOUT(true),
  /** No agreement on TLS, or a certificate that is not trusted. No work was done. */
  TLS(true),
  /**
   * The server says that it has not processed the request, by a {@code REFUSED_STREAM} or a {@code
   * GOAWAY} of HTTP/2 (RFC 9113, section 8.7).
   */
  NOT_PROCESSED(true),
  /**
   * The connection has as many streams as the server lets it have (HTTP/2): the JDK's client does
   * not wait for one. Nothing was sent.
   */
  TOO_MANY_STREAMS(true),
  /**
   * The connection was closed before the response began, or given up by a {@code GOAWAY} that does
   * not say whether the request was processed; the server may have done the work.
   */
  CLOSED(false),
  /**
   * The connection, or the stream of HTTP/2, was reset before the response began; the server may
   * have done the work.
   */
  RESET(false),
  /** What came is not HTTP, not TLS, or beyond the limits for its headers. */
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

  /**
   * Whether the server has not begun to work: the request may be sent again, whatever its method.
   */
  public boolean isNeverSent() {
    return neverSent;
  }

  /** Whether the request was refused before any work, which is no mark against the server. */
  boolean isRefused() {
    return this == NOT_PROCESSED || this == TOO_MANY_STREAMS;
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
    String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (cause instanceof SSLHandshakeException
        || cause instanceof SSLPeerUnverifiedException
        || (cause instanceof SSLException && message.contains("unrecognized ssl message"))) {
      return TLS; // of others the request may have been sent before
    }
    if (cause instanceof ProtocolException) {
      return PROTOCOL;
    }
    if (cause instanceof EOFException) {
      return CLOSED;
    }
    if (message.contains("not processed")) {
      return NOT_PROCESSED; // "Received RST_STREAM: Stream not processed"; as of 24 "request not
      // ..."
    }
    if (message.contains("too many concurrent streams")) {
      return TOO_MANY_STREAMS;
    }
    if (cause instanceof SocketException
        || message.contains("connection reset")
        || message.contains("rst_stream")) {
      return RESET;
    }
    if (message.contains("received no bytes")
        || message.contains("closed")
        || message.contains("goaway")) {
      return CLOSED;
    }
    boolean isMalformed =
        cause instanceof SSLException
            || message.contains("parser")
            || message.contains("header")
            || message.contains("invalid");
    return isMalformed ? PROTOCOL : OTHER;
  }
}
