package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.resilience.context.Context;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A {@link ServerStack} before the handlers of the JDK's server, {@link
 * com.sun.net.httpserver.HttpServer}.
 *
 * <pre>{@code
 * HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
 * server.createContext("/orders", JdkServer.handler(stack, (ctx, exchange) -> {
 *   byte[] page = orders.page(ctx);
 *   exchange.sendResponseHeaders(200, page.length);
 *   exchange.getResponseBody().write(page);
 * }));
 * }</pre>
 *
 * <p>The exchange that handlers get is guarded: it can be used as usual, and closing it is
 * optional.
 */
public final class JdkServer {

  private JdkServer() {}

  /** Answers a request with the JDK's own means, under a context. */
  @FunctionalInterface
  public interface Handler {

    /**
     * Answers.
     *
     * @param ctx ends when the client leaves, the time is up or the process shuts down
     * @param exchange guarded: what is written after that end goes nowhere
     * @throws Exception becomes a status by the {@link StatusTable}
     */
    void handle(Context ctx, HttpExchange exchange) throws Exception;
  }

  /** Answers a request later, on whatever thread. */
  @FunctionalInterface
  public interface AsyncHandler {

    /**
     * Begins to answer.
     *
     * @param ctx ends when the client leaves, the time is up or the process shuts down
     * @param exchange guarded: what is written after that end goes nowhere
     * @return completes when the answer was written; a failure becomes a status
     * @throws Exception becomes a status by the {@link StatusTable}
     */
    CompletionStage<?> handle(Context ctx, HttpExchange exchange) throws Exception;
  }

  /** A handler for {@link com.sun.net.httpserver.HttpServer#createContext}. */
  public static HttpHandler handler(ServerStack stack, Handler handler) {
    requireNonNull(stack, "stack");
    requireNonNull(handler, "handler");
    return exchange -> {
      JdkExchange mine = new JdkExchange(exchange);
      stack.serve(mine, (ctx, same) -> handler.handle(ctx, mine.guarded()));
    };
  }

  /** A handler that does not hold the server's thread until its answer is there. */
  public static HttpHandler asyncHandler(ServerStack stack, AsyncHandler handler) {
    requireNonNull(stack, "stack");
    requireNonNull(handler, "handler");
    return exchange -> {
      JdkExchange mine = new JdkExchange(exchange);
      stack.serve(mine, (ctx, same) -> mine.answeredBy(handler.handle(ctx, mine.guarded())));
    };
  }

  /** A handler that replies through the {@link ServerExchange}. */
  public static HttpHandler replying(ServerStack stack, ServerHandler handler) {
    requireNonNull(stack, "stack");
    requireNonNull(handler, "handler");
    return exchange -> stack.serve(new JdkExchange(exchange), handler);
  }

  /**
   * Sets the times that only the server itself can keep, by its system properties, in whole seconds
   * rounded up. They hold for all servers of the process, and have to be set before the first one
   * is created.
   *
   * @param request in which headers and body must have arrived ({@code
   *     sun.net.httpserver.maxReqTime}); the connection is closed else
   * @param response in which the answer must have been taken ({@code
   *     sun.net.httpserver.maxRspTime}); the connection is closed else
   * @param idle after which an unused connection is closed ({@code
   *     sun.net.httpserver.idleInterval})
   */
  public static void limitTimes(Duration request, Duration response, Duration idle) {
    set("maxReqTime", request, "request");
    set("maxRspTime", response, "response");
    set("idleInterval", idle, "idle");
  }

  private static void set(String property, Duration limit, String argument) {
    long nanos = Durations.toNanos(Durations.requirePositive(limit, argument));
    System.setProperty(
        "sun.net.httpserver." + property, Long.toString((nanos + 999_999_999L) / 1_000_000_000L));
  }
}
