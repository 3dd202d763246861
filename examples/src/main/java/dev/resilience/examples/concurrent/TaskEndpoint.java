package dev.resilience.examples.concurrent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.RejectedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * Tasks over HTTP, on loopback.
 *
 * <ul>
 *   <li>{@code POST /tasks?name=…&millis=…&priority=…}: the task outlives the request; answers 202
 *       with its number.
 *   <li>{@code POST /tasks?…&wait=true}: the task belongs to the request and ends with it; answers
 *       200 with the result, 504 if it took too long.
 *   <li>{@code GET /tasks}: what runs or waits, with its progress.
 * </ul>
 *
 * A full queue and a shutdown are 503.
 */
final class TaskEndpoint implements AutoCloseable {

  private final Context root;
  private final TaskProcessor tasks;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  TaskEndpoint(Context root, TaskProcessor tasks, int port) throws IOException {
    this.root = root;
    this.tasks = tasks;
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/tasks", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  URI uri() {
    return URI.create("http://localhost:" + server.getAddress().getPort() + "/tasks");
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange;
        CancellableContext request = root.withTimeout(Duration.ofSeconds(10))) {
      switch (exchange.getRequestMethod()) {
        case "GET" -> answer(exchange, 200, list());
        case "POST" -> submit(exchange, request, parameters(exchange.getRequestURI()));
        default -> answer(exchange, 405, "GET or POST");
      }
    }
  }

  private void submit(HttpExchange exchange, Context request, Map<String, String> parameters)
      throws IOException {
    try {
      var spec =
          TaskProcessor.task(
              parameters.getOrDefault("name", "task"),
              Integer.parseInt(parameters.getOrDefault("priority", "5")),
              Duration.ofMillis(Long.parseLong(parameters.getOrDefault("millis", "100"))));
      if (Boolean.parseBoolean(parameters.get("wait"))) {
        answer(exchange, 200, tasks.pool().submit(request, spec).await(request));
      } else {
        PoolTask<String> accepted = tasks.pool().submit(request.detached(), spec);
        answer(exchange, 202, "task " + accepted.id());
      }
    } catch (IllegalArgumentException wrong) {
      answer(exchange, 400, String.valueOf(wrong.getMessage()));
    } catch (RejectedException busy) {
      exchange.getResponseHeaders().set("Retry-After", "1");
      answer(exchange, 503, String.valueOf(busy.getMessage()));
    } catch (ContextException late) {
      answer(exchange, 504, "too late");
    } catch (ExecutionException failed) {
      answer(exchange, failed.getCause() instanceof ContextException ? 504 : 500, "no result");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String list() {
    return tasks.pool().tasks().stream()
        .map(task -> task.id() + " " + task.name() + " " + task.state() + " " + task.progress())
        .collect(Collectors.joining("\n"));
  }

  private static Map<String, String> parameters(URI uri) {
    Map<String, String> parameters = new HashMap<>();
    String query = uri.getQuery();
    if (query != null) {
      for (String pair : query.split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          parameters.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
      }
    }
    return parameters;
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
