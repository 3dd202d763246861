package dev.resilience.examples.concurrent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.concurrent.TaskSpec;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.RejectedException;
import dev.resilience.page.LivePage;
import dev.resilience.page.Panels;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * Tasks over HTTP, on loopback.
 *
 * <ul>
 *   <li>{@code POST /tasks?name=…&millis=…&priority=…}: the task outlives the request and keeps its
 *       id ({@code X-Request-ID}); answers 202 with its number.
 *   <li>{@code POST /tasks?…&wait=true}: the task belongs to the request; answers 200 and a line
 *       each time that somebody may want to know how far it is, the last one says what became of
 *       it. It ends with the client: the next line cannot be written then.
 *   <li>{@code GET /tasks}: what runs or waits, with its progress.
 *   <li>{@code GET /page/}: the same, live.
 * </ul>
 *
 * A full queue and a shutdown are 503.
 */
final class TaskEndpoint implements AutoCloseable {

  private static final Duration LONGEST_REQUEST = Duration.ofSeconds(10);

  /** How soon it is noticed that a client has gone. */
  private static final Duration STEP = Duration.ofMillis(200);

  private final Context root;
  private final TaskProcessor tasks;
  private final HttpServer server;
  private final LivePage page;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  TaskEndpoint(Context root, TaskProcessor tasks, int port) throws IOException {
    this.root = root;
    this.tasks = tasks;
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    this.page = LivePage.builder("tasks").withoutServer().open(root);
    page.show(Panels.pool(tasks.pool(), tasks.ended()));
    page.mount(server, "/page/");
    server.createContext("/tasks", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  URI uri() {
    return URI.create("http://localhost:" + server.getAddress().getPort() + "/tasks");
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange;
        CancellableContext request = identified(exchange).withTimeout(LONGEST_REQUEST)) {
      switch (exchange.getRequestMethod()) {
        case "GET" -> answer(exchange, 200, list());
        case "POST" -> submit(exchange, request, parameters(exchange.getRequestURI()));
        default -> answer(exchange, 405, "GET or POST");
      }
    }
  }

  /** With the id that the client has given; one that is none is as none. */
  private Context identified(HttpExchange exchange) {
    String id = exchange.getRequestHeaders().getFirst("X-Request-ID");
    try {
      return id == null ? root : root.withValue(RequestInfo.REQUEST_ID, id);
    } catch (IllegalArgumentException malformed) {
      return root;
    }
  }

  private void submit(
      HttpExchange exchange, CancellableContext request, Map<String, String> parameters)
      throws IOException {
    try {
      TaskSpec<String> spec = spec(parameters);
      if (Boolean.parseBoolean(parameters.get("wait"))) {
        follow(exchange, request, tasks.pool().submit(request, spec));
      } else {
        PoolTask<String> accepted = tasks.pool().submit(request.detached(), spec);
        answer(exchange, 202, "task " + accepted.id());
      }
    } catch (IllegalArgumentException wrong) {
      answer(exchange, 400, String.valueOf(wrong.getMessage()));
    } catch (RejectedException busy) {
      exchange.getResponseHeaders().set("Retry-After", "1");
      answer(exchange, 503, String.valueOf(busy.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static TaskSpec<String> spec(Map<String, String> parameters) {
    String name = parameters.getOrDefault("name", "task");
    Duration duration = Duration.ofMillis(Long.parseLong(parameters.getOrDefault("millis", "100")));
    return TaskSpec.of(
            name,
            ctx ->
                TaskProcessor.work(ctx, name, duration)
                    + ctx.find(RequestInfo.REQUEST_ID).map(id -> " for " + id).orElse(""))
        .withPriority(Integer.parseInt(parameters.getOrDefault("priority", "5")));
  }

  /** A client that has gone is the end of the request, and that is the end of the task. */
  private static void follow(
      HttpExchange exchange, CancellableContext request, PoolTask<String> task)
      throws IOException, InterruptedException {
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      while (!hasEnded(task)) {
        line(out, task.progress().toString());
      }
      line(out, task.isDone() ? task.result() : "no result: " + words(task));
    } catch (IOException clientLeft) {
      request.cancel(CancelReason.USER);
      throw clientLeft;
    }
  }

  /** Waits for a step at the most. */
  private static boolean hasEnded(PoolTask<String> task) throws InterruptedException {
    try (CancellableContext step = Context.background().withTimeout(STEP)) {
      String unused = task.await(step);
    } catch (ContextException notYet) {
      return task.isEnded();
    } catch (ExecutionException failed) {
      return true;
    }
    return true;
  }

  private static String words(PoolTask<String> task) {
    return task.state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static void line(OutputStream out, String text) throws IOException {
    out.write((text + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
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
    page.close();
    server.stop(0);
    threads.shutdownNow();
  }
}
