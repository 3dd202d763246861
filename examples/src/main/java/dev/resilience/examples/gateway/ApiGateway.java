package dev.resilience.examples.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.examples.program.NamedThreads;
import dev.resilience.http.client.HttpConnectionException;
import dev.resilience.http.client.ResilientHttpClient;
import dev.resilience.http.server.AccessLog;
import dev.resilience.http.server.BadRequestException;
import dev.resilience.http.server.JdkServer;
import dev.resilience.http.server.Propagated;
import dev.resilience.http.server.ServerExchange;
import dev.resilience.http.server.ServerHandler;
import dev.resilience.http.server.ServerStack;
import dev.resilience.http.server.StatusTable;
import dev.resilience.http.server.TimeLimit;
import dev.resilience.limit.RateLimit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ExecutorService;

/**
 * A gateway before a service of users: {@code GET /user?id=7} becomes {@code GET /users/7} there.
 *
 * <table>
 *   <caption>Answers</caption>
 *   <tr><td>200</td><td>the user, as JSON</td></tr>
 *   <tr><td>400</td><td>no id, or none that can be one</td></tr>
 *   <tr><td>404</td><td>there is no such user: an answer, and no failure of the service</td></tr>
 *   <tr><td>429, 503</td><td>too many requests; the service fails, or its circuit is open</td></tr>
 *   <tr><td>504</td><td>not in time</td></tr>
 *   <tr><td>nothing</td><td>to a client that has left; the service is not asked on</td></tr>
 * </table>
 */
final class ApiGateway implements AutoCloseable {

  static {
    // Or each answer waits up to 40 ms for an acknowledgement that the other side delays.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private static final String ID = "[A-Za-z0-9_-]{1,64}";
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int UNAVAILABLE = 503;

  /** The user service answered with a status that is neither good nor ours to pass on. */
  static final class UpstreamException extends IOException {

    private static final long serialVersionUID = 1L;

    UpstreamException(int status) {
      super("the user service answered " + status);
    }
  }

  private final CancellableContext owner;
  private final ResilientHttpClient users;
  private final URI upstream;
  private final RateLimit rate;
  private final ExecutorService threads = NamedThreads.pool("gateway", 32);
  private final HttpServer server;

  /**
   * Starts a gateway on a free port of loopback.
   *
   * @param upstream the service of users
   * @param operation how long a request may take
   * @param rate how many requests are let in
   * @param log a line for each request
   */
  @SuppressWarnings("MustBeClosed") // closed by close()
  ApiGateway(Context parent, URI upstream, Duration operation, RateLimit rate, AccessLog log)
      throws IOException {
    this.owner = parent.withCancel();
    this.upstream = upstream;
    this.rate = rate;
    this.users =
        ResilientHttpClient.builder("users")
            .timeout(Duration.ofSeconds(10))
            .preset(
                preset ->
                    preset
                        .withoutRetry()
                        .withoutHedge()
                        .breaker(
                            breaker ->
                                breaker.consecutiveFailures(5).openFor(Duration.ofSeconds(30))))
            .build();
    ServerStack stack =
        ServerStack.builder("gateway")
            .filter(log)
            .filter(Propagated.ofDefaults())
            .filter(this::admit)
            .filter(TimeLimit.of(operation))
            .statuses(
                StatusTable.ofDefaults()
                    .with(UpstreamException.class, UNAVAILABLE, "user service unavailable")
                    .with(HttpConnectionException.class, UNAVAILABLE, "user service unavailable"))
            .open(owner);
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/user", JdkServer.handler(stack, this::user));
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/user");
  }

  /** No request waits for its turn: 429 says when to come again. */
  private void admit(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    rate.acquire(ctx);
    next.handle(ctx, exchange);
  }

  private void user(Context ctx, HttpExchange exchange) throws IOException {
    String id = idIn(exchange.getRequestURI());
    HttpRequest request = HttpRequest.newBuilder(upstream.resolve("/users/" + id)).build();
    HttpResponse<String> user = users.send(ctx, request, BodyHandlers.ofString());
    switch (user.statusCode()) {
      case OK -> answer(exchange, OK, user.body());
      case NOT_FOUND -> answer(exchange, NOT_FOUND, "{\"error\":\"no such user\"}");
      default -> throw new UpstreamException(user.statusCode());
    }
  }

  private static String idIn(URI uri) {
    String query = uri.getQuery() == null ? "" : uri.getQuery();
    for (String pair : query.split("&", -1)) {
      if (pair.startsWith("id=") && pair.length() > 3) {
        String id = pair.substring(3);
        if (!id.matches(ID)) {
          throw new BadRequestException("malformed user ID"); // and no path of its own making
        }
        return id;
      }
    }
    throw new BadRequestException("user ID required");
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    owner.close();
    server.stop(0);
    NamedThreads.end(threads);
  }
}
