package dev.resilience.http.client;

/** What may be sent twice (RFC 9110, section 9.2.2). */
final class Methods {

  private Methods() {}

  static boolean isIdempotent(String method) {
    return switch (method) {
      case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
      default -> false;
    };
  }
}
