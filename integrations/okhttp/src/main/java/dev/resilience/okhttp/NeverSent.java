package dev.resilience.okhttp;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Which of OkHttp's failures say that the server has not seen the request. */
final class NeverSent {

  private NeverSent() {}

  static boolean is(Throwable failure) {
    return failure instanceof UnknownHostException
        || failure instanceof ConnectException
        || failure instanceof NoRouteToHostException
        || failure instanceof SSLHandshakeException
        || failure instanceof SSLPeerUnverifiedException
        || (failure instanceof SocketTimeoutException timeout
            && String.valueOf(timeout.getMessage()).contains("connect"));
  }
}
