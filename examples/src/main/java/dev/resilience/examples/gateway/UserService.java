package dev.resilience.examples.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.examples.program.NamedThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The service behind the gateway, of another team: it knows users 1 to 99, and at times it fails or
 * does not answer.
 */
final class UserService implements AutoCloseable {

  /** How it is. */
  enum Mood {
    WELL,
    FAILING,
    SILENT
  }

  private final ExecutorService threads = NamedThreads.pool("users", 32);
  private final HttpServer server;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicInteger requests = new AtomicInteger();
  private volatile Mood mood = Mood.WELL;

  UserService() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/users/", this::user);
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  void turn(Mood newMood) {
    mood = newMood;
  }

  /** How many requests have reached it. */
  int requests() {
    return requests.get();
  }

  private void user(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    String id = exchange.getRequestURI().getPath().substring("/users/".length());
    try (exchange) {
      switch (mood) {
        case FAILING -> answer(exchange, 500, "{\"error\":\"no database\"}");
        case SILENT -> awaitClose();
        case WELL -> {
          boolean isKnown = id.matches("[1-9][0-9]?");
          String user = "{\"id\":\"" + id + "\",\"name\":\"User " + id + "\"}";
          answer(exchange, isKnown ? 200 : 404, isKnown ? user : "{}");
        }
      }
    }
  }

  private void awaitClose() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    NamedThreads.end(threads);
  }
}
