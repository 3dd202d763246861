package dev.resilience.propagation;

/**
 * Writes a header into a carrier, in place of one that may be there. Thread-safe, and has no state
 * of its own.
 *
 * <pre>{@code
 * HeaderWriter<HttpRequest.Builder> jdk = HttpRequest.Builder::setHeader;
 * }</pre>
 *
 * @param <C> the carrier
 */
@FunctionalInterface
public interface HeaderWriter<C> {

  /**
   * Sets a header.
   *
   * @param name as in {@link HeaderNames}
   * @param value printable ASCII, never empty
   */
  void set(C carrier, String name, String value);
}
