package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import java.util.function.Consumer;

/**
 * Stands between the container and the handler: adds to the context, refuses, or watches.
 *
 * <pre>{@code
 * ServerFilter tenant = (ctx, exchange, next) ->
 *     next.handle(ctx.withValue(TENANT, tenantOf(exchange)), exchange);
 * }</pre>
 *
 * <p>A handler may return before its response has been sent. What is to be done when the exchange
 * is over goes into {@link ServerExchange#onEnd}, and so does the closing of a context that the
 * filter derived: a {@code try (ctx)} around {@code next} would end an asynchronous handler as soon
 * as it has begun.
 *
 * <p>Called by many threads at once.
 */
@FunctionalInterface
public interface ServerFilter {

  /**
   * Passes the request on, or throws or replies instead.
   *
   * @param ctx the context of the request so far
   * @param exchange the request and its response
   * @param next the rest of the stack
   * @throws Exception becomes a status by the {@link StatusTable}
   */
  void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception;

  /** A filter that tells how each exchange ended: for metrics and timing. */
  static ServerFilter onEnd(Consumer<? super ExchangeEnd> listener) {
    requireNonNull(listener, "listener");
    return (ctx, exchange, next) -> {
      exchange.onEnd(listener);
      next.handle(ctx, exchange);
    };
  }
}
