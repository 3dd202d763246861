package dev.resilience.examples.pipeline;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.examples.program.NamedThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server in which each request has a context. It ends when the caller hangs up, when the
 * caller's time or that of the service is up, and when the service is closed; what still works for
 * the request is to stop then.
 */
final class HttpService implements AutoCloseable {

  static {
    // Or each answer waits up to 40 ms for an acknowledgement that the other side delays.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /** What a service does for a request. */
  @FunctionalInterface
  interface Handler {

    /**
     * Answers.
     *
     * @throws HttpStatusException to answer with another status than 200
     * @throws Exception to answer with 500, or 504 if {@code ctx} has ended
     */
    String handle(Context ctx, String body) throws Exception;
  }

  /** What a service misbehaves by. */
  @FunctionalInterface
  interface Misbehaviour {

    /** For the next request. */
    Optional<Fault> next();
  }

  private static final int LONGEST_BODY = 4_096;
  private static final Duration SLOW = Duration.ofMillis(900);

  private final String name;
  private final Duration limit;
  private final Wire wire;
  private final HopStats stats;
  private final Misbehaviour misbehaviour;
  private final Handler handler;
  private final ExecutorService threads;
  private final HttpServer server;
  private final Door door;

  /**
   * Starts a service.
   *
   * @param services ends everything that the service does
   * @param limit how long a request may take, however patient its caller is
   * @param port 0: any free one
   */
  HttpService(
      Context services,
      HopStats stats,
      Duration limit,
      int port,
      Wire wire,
      Misbehaviour misbehaviour,
      Handler handler)
      throws IOException {
    this.name = stats.name();
    this.limit = limit;
    this.wire = wire;
    this.stats = stats;
    this.misbehaviour = misbehaviour;
    this.handler = handler;
    this.threads = NamedThreads.pool(name, 64);
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try {
      this.door = new Door(services, name, port, server.getAddress());
    } catch (IOException failed) {
      server.stop(0);
      throw failed;
    }
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  Door door() {
    return door;
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + door.port() + "/" + name);
  }

  private void serve(HttpExchange exchange) throws IOException {
    Context connection = door.connectionOf(exchange.getRemoteAddress());
    try (exchange;
        CancellableContext request =
            wire.read(connection, name, limit, exchange.getRequestHeaders()::getFirst)) {
      String body = bodyOf(exchange);
      if (request.isDone()) {
        stats.notBegun();
        return;
      }
      Answer answer;
      try (HopStats.Work work = stats.begin(request)) {
        answer = answer(request, body, work);
      }
      if (answer != null) {
        send(exchange, answer);
      }
    }
  }

  /** Null: end the connection without an answer. */
  private @Nullable Answer answer(Context request, String body, HopStats.Work work) {
    try {
      Fault fault = misbehaviour.next().orElse(null);
      if (fault == Fault.DROPPED) {
        return null;
      }
      if (fault == Fault.BUSY) {
        return new Answer(503, "busy", "1");
      }
      if (fault == Fault.ERRORS) {
        return Answer.of(500, "a fault of the script");
      }
      if (fault == Fault.SLOW) {
        request.sleep(SLOW);
      }
      return Answer.of(200, handler.handle(request, body));
    } catch (HttpStatusException status) {
      return Answer.of(status.status(), status.reason());
    } catch (Exception failure) {
      // Not the exception tells, but whether the context has ended.
      if (!request.isDone()) {
        return Answer.of(500, failure.toString());
      }
      work.stoppedEarly();
      return request.error() instanceof DeadlineExceededException
          ? Answer.of(504, "no time left at " + name)
          : null;
    }
  }

  private static String bodyOf(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(LONGEST_BODY);
    return new String(body, StandardCharsets.UTF_8);
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    if (answer.retryAfter() != null) {
      exchange.getResponseHeaders().set("Retry-After", answer.retryAfter());
    }
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private record Answer(int status, String body, @Nullable String retryAfter) {

    static Answer of(int status, String body) {
      return new Answer(status, body, null);
    }
  }

  @Override
  public void close() {
    door.close();
    server.stop(0);
    NamedThreads.end(threads);
  }
}
