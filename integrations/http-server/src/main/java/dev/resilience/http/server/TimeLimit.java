package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.function.Function;

/**
 * How long the server works for a request at most. When the time is up the client gets a 504, once,
 * and the handler's context ends. A deadline that is nearer stays.
 */
public final class TimeLimit implements ServerFilter {

  private final Function<? super ServerExchange, Duration> limits;

  private TimeLimit(Function<? super ServerExchange, Duration> limits) {
    this.limits = limits;
  }

  /**
   * The same limit for all requests.
   *
   * @param limit positive
   */
  public static TimeLimit of(Duration limit) {
    Durations.requirePositive(limit, "limit");
    return new TimeLimit(exchange -> limit);
  }

  /**
   * A limit for each request.
   *
   * @param limits positive, for example by {@link ServerExchange#operation}
   */
  public static TimeLimit by(Function<? super ServerExchange, Duration> limits) {
    return new TimeLimit(requireNonNull(limits, "limits"));
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    @SuppressWarnings("MustBeClosed") // closed when the exchange has ended
    CancellableContext limited =
        ctx.withTimeout(Durations.requirePositive(limits.apply(exchange), "limit"));
    exchange.onEnd(end -> limited.close());
    next.handle(limited, exchange);
  }
}
