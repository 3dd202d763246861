package dev.resilience.http.client;

import dev.resilience.text.SafeText;
import java.net.URI;
import java.net.http.HttpRequest;

/** A request in a message: method and address, without query and user, which may be secret. */
final class RequestText {

  private RequestText() {}

  static String of(HttpRequest request) {
    URI uri = request.uri();
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return request.method()
        + " "
        + SafeText.of(uri.getScheme() + "://" + uri.getHost() + port + uri.getRawPath());
  }
}
