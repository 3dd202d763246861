package dev.resilience.propagation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads headers from a carrier: an HTTP request, a map, a message. Thread-safe, and has no state of
 * its own; ready-made ones are in {@link Carriers}.
 *
 * <pre>{@code
 * HeaderReader<HttpServletRequest> servlet = HttpServletRequest::getHeader;
 * }</pre>
 *
 * @param <C> the carrier
 */
@FunctionalInterface
public interface HeaderReader<C> {

  /**
   * The first value of a header, or null where there is none.
   *
   * @param name as in {@link HeaderNames}; carriers that care about case must find it in any
   */
  @Nullable String first(C carrier, String name);

  /**
   * Whether {@link #all} may give more than {@link #first}; where not, it is not asked. Default:
   * true, which is right for every reader, and costs a few bytes more.
   */
  default boolean isMultiValued() {
    return true;
  }

  /**
   * All values of a header that may stand several times, in their order. Default: the first one.
   * Asked for {@code baggage} and the hop path only.
   */
  default Iterable<String> all(C carrier, String name) {
    String first = first(carrier, name);
    return first == null ? List.of() : List.of(first);
  }
}
