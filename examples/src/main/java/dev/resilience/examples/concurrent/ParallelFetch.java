package dev.resilience.examples.concurrent;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.concurrent.Task;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.context.Context;
import dev.resilience.examples.program.CtrlC;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Three addresses that answer after 1, 2 and 3 s and one that fails: all at once under one limit of
 * 5 s, one result for each in the order of the input; and again, where the first success ends it.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=concurrent.ParallelFetch
 * }</pre>
 */
public final class ParallelFetch {

  /** Gets an address under a context. */
  @FunctionalInterface
  interface Fetcher {
    String fetch(Context ctx, String path) throws Exception;
  }

  static final List<String> PATHS = List.of("/delay/3", "/delay/1", "/broken", "/delay/2");

  private ParallelFetch() {}

  /** Runs the program against a server on loopback. */
  public static void main(String... args) throws InterruptedException, IOException {
    ExecutorService threads = Executors.newCachedThreadPool();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    HttpClient client = HttpClient.newHttpClient();
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      Context ctx = interrupt.context();
      server.createContext(
          "/delay/",
          exchange -> {
            try (exchange) {
              String path = exchange.getRequestURI().getPath();
              ctx.sleep(Duration.ofSeconds(path.charAt(path.length() - 1) - '0'));
              exchange.sendResponseHeaders(200, -1);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      server.setExecutor(threads);
      server.start();
      String base = "http://localhost:" + server.getAddress().getPort();
      Fetcher http =
          (c, path) -> {
            HttpRequest request = HttpRequest.newBuilder(URI.create(base + path)).build();
            int status = client.send(request, BodyHandlers.discarding()).statusCode();
            if (status != 200) {
              throw new IOException("status " + status);
            }
            return "status " + status;
          };
      all(ctx, http, System.out);
      first(ctx, http, System.out);
    } finally {
      server.stop(0);
      threads.shutdownNow();
    }
  }

  static void all(Context ctx, Fetcher fetcher, PrintStream out) throws InterruptedException {
    Log log = new Log(ctx, out);
    try (var limited = ctx.withTimeout(Duration.ofSeconds(5));
        TaskGroup<String> group = TaskGroup.open(limited, Ending.COLLECT_ALL)) {
      for (String path : PATHS) {
        group.fork(path, c -> fetcher.fetch(c, path));
      }
      for (Task<? extends String> page : group.join().tasks()) {
        log.say("%s: %s", page.name(), page.isDone() ? page.result() : page.failure());
      }
    }
  }

  static void first(Context ctx, Fetcher fetcher, PrintStream out) throws InterruptedException {
    Log log = new Log(ctx, out);
    try (TaskGroup<String> group = TaskGroup.open(ctx, Ending.FIRST_SUCCESS)) {
      for (String path : PATHS) {
        group.fork(path, c -> path + ", " + fetcher.fetch(c, path));
      }
      log.say("first success: %s", group.join().first());
    }
  }
}
