package dev.resilience.examples.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.Context;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.examples.program.NamedThreads;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The program of docs/getting-started.md: a service of which one request in four fails, asked by
 * the JDK's client alone and by {@link Users}.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=start.TenMinutes
 * }</pre>
 */
public final class TenMinutes {

  private static final int CALLS = 40;

  private TenMinutes() {}

  /** Asks both for forty users, and prints how many came. */
  public static void main(String... args) throws Exception {
    try (var interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      play(interrupt.context(), System.out);
    }
  }

  /** Returns how many of forty users came, unprotected and protected. */
  static int[] play(Context ctx, PrintStream out) throws IOException, InterruptedException {
    ExecutorService threads = NamedThreads.pool("flaky", 16);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try {
      AtomicInteger requests = new AtomicInteger();
      server.setExecutor(threads);
      server.createContext("/users/", exchange -> serve(exchange, requests.incrementAndGet()));
      server.start();
      URI service = URI.create("http://127.0.0.1:" + server.getAddress().getPort());

      int plain = plain(service);
      out.printf("the JDK's client alone: %d of %d users%n", plain, CALLS);
      Users users = new Users(service);
      int guarded = 0;
      for (int id = 1; id <= CALLS; id++) {
        guarded += users.describe(ctx, id).startsWith("user ") ? 1 : 0;
      }
      out.printf("ResilientHttpClient:    %d of %d users%n", guarded, CALLS);
      return new int[] {plain, guarded};
    } finally {
      server.stop(0);
      NamedThreads.end(threads);
    }
  }

  private static int plain(URI service) throws InterruptedException {
    HttpClient client = HttpClient.newHttpClient();
    int came = 0;
    for (int id = 1; id <= CALLS; id++) {
      HttpRequest request =
          HttpRequest.newBuilder(service.resolve("/users/" + id))
              .timeout(Duration.ofSeconds(2))
              .build();
      try {
        HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
        came += response.statusCode() == 200 ? 1 : 0;
      } catch (IOException failed) {
        // One that did not come.
      }
    }
    return came;
  }

  /** Of four requests one gets a 503 before any work, or a connection that ends. */
  private static void serve(HttpExchange exchange, int number) throws IOException {
    try (exchange) {
      if (number % 8 == 3) {
        return; // without an answer
      }
      boolean isRefused = number % 8 == 6;
      byte[] body = (isRefused ? "busy" : "user " + exchange.getRequestURI()).getBytes(UTF_8);
      exchange.sendResponseHeaders(isRefused ? 503 : 200, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
