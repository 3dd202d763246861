package dev.resilience.page;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Access rules of the page: for seeing it, and for pressing its buttons.
 *
 * <p>A browser sends requests for any site that it has open. So on loopback the host that was asked
 * for must be one of loopback's (else a site could have its own name point here), and the data are
 * readable from other pages of loopback and the chosen origins only.
 */
final class Access {

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final String BEARER = "Bearer ";

  private final boolean isLoopback;
  private final byte @Nullable [] token;
  private final Set<String> origins;

  Access(boolean isLoopback, @Nullable String token, Set<String> origins) {
    this.isLoopback = isLoopback;
    this.token = token == null ? null : token.getBytes(StandardCharsets.UTF_8);
    this.origins = Set.copyOf(origins);
  }

  boolean isWritable() {
    return token != null;
  }

  /** Whether the host that was asked for is this one. */
  boolean isForMe(PageExchange exchange) {
    return !isLoopback
        || exchange.header("Host").map(host -> LOOPBACK.contains(withoutPort(host))).orElse(false);
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    return name.toLowerCase(Locale.ROOT);
  }

  /** The origin of another page that may read the data, if it was one that asked. */
  Optional<String> readableFrom(PageExchange exchange) {
    return exchange
        .header("Origin")
        .filter(origin -> origins.contains(origin) || (isLoopback && isOfLoopback(origin)));
  }

  private static boolean isOfLoopback(String origin) {
    try {
      String host = URI.create(origin).getHost();
      return host != null && LOOPBACK.contains(host.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException malformed) {
      return false;
    }
  }

  /** Whether the request brings the token; takes as long whatever it brings. */
  boolean mayPress(PageExchange exchange) {
    byte[] expected = token;
    if (expected == null) {
      return false;
    }
    String given = exchange.header("Authorization").orElse("");
    return given.startsWith(BEARER)
        && MessageDigest.isEqual(
            expected, given.substring(BEARER.length()).getBytes(StandardCharsets.UTF_8));
  }
}
