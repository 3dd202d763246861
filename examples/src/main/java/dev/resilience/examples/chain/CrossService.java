package dev.resilience.examples.chain;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.examples.program.NamedThreads;
import dev.resilience.http.client.ResilientHttpClient;
import dev.resilience.http.server.JdkServer;
import dev.resilience.http.server.Propagated;
import dev.resilience.http.server.ServerExchange;
import dev.resilience.http.server.ServerHandler;
import dev.resilience.http.server.ServerStack;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.HopPath;
import dev.resilience.propagation.Propagation;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;

/**
 * Two services over HTTP: shop asks data for {@code /api/data/{id}}. The trace id of a request, its
 * own id and the time left travel with it, where there are any.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=chain.CrossService
 * }</pre>
 */
public final class CrossService implements AutoCloseable {

  private final ExecutorService threads = NamedThreads.pool("services", 16);
  private final List<HttpServer> servers = new ArrayList<>();
  private final CancellableContext owner;
  private final URI shop;

  @SuppressWarnings("MustBeClosed") // closed by close()
  private CrossService(Context parent) throws IOException {
    this.owner = parent.withCancel();
    URI data = listen("data", "/api/data/", (ctx, exchange) -> exchange.reply(200, told(ctx)));
    // The one line that a client needs, besides passing the context on.
    ResilientHttpClient client =
        ResilientHttpClient.builder("data").propagation(inside("shop")).build();
    this.shop =
        listen(
            "shop",
            "/order/",
            (ctx, exchange) ->
                exchange.reply(
                    200,
                    client.fetch(
                        ctx,
                        HttpRequest.newBuilder(data.resolve(idOf(exchange))).build(),
                        BodyHandlers.ofString())));
  }

  /** Asks once with a trace, and once without. */
  public static void main(String... args) throws IOException {
    try (var interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      play(interrupt.context(), System.out);
    }
  }

  /** Returns what the second service says that it was told, with a trace and without. */
  static List<String> play(Context ctx, PrintStream out) throws IOException {
    ResilientHttpClient client =
        ResilientHttpClient.builder("shop").propagation(inside("caller")).build();
    List<String> answers = new ArrayList<>();
    try (var services = new CrossService(ctx);
        var traced =
            ctx.withValue(RequestInfo.TRACE_ID, "trace-42")
                .withValue(RequestInfo.REQUEST_ID, "req-7")
                .withTimeout(Duration.ofSeconds(30));
        var bare = ctx.withCancel()) {
      for (Context each : List.of(traced, bare)) {
        HttpRequest request = HttpRequest.newBuilder(services.shop.resolve("/order/7")).build();
        answers.add(client.fetch(each, request, BodyHandlers.ofString()));
      }
    }
    answers.forEach(out::println);
    return answers;
  }

  private static Propagation inside(String service) {
    return Propagation.builder(service)
        .callers(Boundary.inside())
        .dependencies(Boundary.inside())
        .build();
  }

  private URI listen(String name, String path, ServerHandler handler) throws IOException {
    ServerStack stack = ServerStack.builder(name).filter(Propagated.by(inside(name))).open(owner);
    HttpHandler serving = JdkServer.replying(stack, handler);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(path, serving);
    server.start();
    servers.add(server);
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  private static String idOf(ServerExchange exchange) {
    return exchange.path().substring(exchange.path().lastIndexOf('/') + 1);
  }

  private static String told(Context ctx) {
    return "trace "
        + ctx.find(RequestInfo.TRACE_ID).orElse("none")
        + ", request "
        + ctx.find(RequestInfo.REQUEST_ID).orElse("none")
        + ", path "
        + String.join(" > ", ctx.require(HopPath.KEY).services())
        + ", "
        + (ctx.deadline().isPresent() ? ctx.timeLeft().toSeconds() + " s left" : "no deadline");
  }

  @Override
  public void close() {
    owner.close();
    servers.forEach(server -> server.stop(0));
    NamedThreads.end(threads);
  }
}
