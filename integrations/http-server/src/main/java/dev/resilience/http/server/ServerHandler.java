package dev.resilience.http.server;

import dev.resilience.context.Context;

/** Answers a request. */
@FunctionalInterface
public interface ServerHandler {

  /**
   * Answers, or arranges for an answer to come later where the container can do that.
   *
   * @param ctx ends when the client leaves, the time is up or the process shuts down
   * @param exchange the request and its response
   * @throws Exception becomes a status by the {@link StatusTable}
   */
  void handle(Context ctx, ServerExchange exchange) throws Exception;
}
