package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.propagation.Extraction;
import dev.resilience.propagation.HeaderReader;
import dev.resilience.propagation.Propagation;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the caller has sent with the request into its context: the time left, the trace, the
 * ids, and from those who are trusted the user, the criticality, the baggage and the hop path.
 *
 * <p>The context derives from the server's, and ends with it: a deadline from outside can only
 * shorten. Who comes too late is refused before any work. Hostile headers are ignored or cut, and
 * counted by {@link Propagation#snapshot}. Thread-safe.
 */
public final class Propagated implements ServerFilter {

  private static final HeaderReader<ServerExchange> READER =
      new HeaderReader<>() {
        @Override
        public @Nullable String first(ServerExchange exchange, String name) {
          return exchange.header(name).orElse(null);
        }

        @Override
        public Iterable<String> all(ServerExchange exchange, String name) {
          return exchange.headers(name);
        }
      };

  private final Propagation propagation;

  private Propagated(Propagation propagation) {
    this.propagation = propagation;
  }

  /** Trusts nobody with an identity. */
  public static Propagated ofDefaults() {
    return by(Propagation.of("server"));
  }

  /** By the rules of a propagation: its boundary to the callers, its guard, its limits. */
  public static Propagated by(Propagation propagation) {
    return new Propagated(requireNonNull(propagation, "propagation"));
  }

  /** The rules and the counts. */
  public Propagation propagation() {
    return propagation;
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    Extraction extraction = propagation.extract(ctx, exchange, READER);
    exchange.onEnd(end -> extraction.context().close());
    if (extraction.isTooLate()) {
      throw new RequestRefusedException(
          "late", "the caller's deadline has passed", Duration.ofSeconds(1));
    }
    next.handle(extraction.context(), exchange);
  }
}
