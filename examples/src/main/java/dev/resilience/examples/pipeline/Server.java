package dev.resilience.examples.pipeline;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.examples.program.NamedThreads;
import dev.resilience.http.server.JdkServer;
import dev.resilience.http.server.Propagated;
import dev.resilience.http.server.RequestRefusedException;
import dev.resilience.http.server.ServerHandler;
import dev.resilience.http.server.ServerStack;
import dev.resilience.http.server.StatusTable;
import dev.resilience.http.server.TimeLimit;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.Propagation;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One of the five servers: a handler behind a {@link ServerStack}, which gives each request a
 * context that ends when the caller hangs up or the time is up. It misbehaves as the script says,
 * and its port can be shut.
 */
final class Server implements AutoCloseable {

  /**
   * Kept, or its level would be forgotten. The faults are made on purpose, and not to be logged.
   */
  private static final Logger QUIET = Logger.getLogger("dev.resilience.http.server");

  static {
    QUIET.setLevel(Level.OFF);
    // Or each answer waits up to 40 ms for an acknowledgement that the other side delays.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /** What a service does for a request. */
  @FunctionalInterface
  interface Handler {

    /**
     * Answers.
     *
     * @param argument the parameter {@code q}
     * @throws Exception becomes a status
     */
    String handle(Context ctx, String argument) throws Exception;
  }

  /** What a service misbehaves by. */
  @FunctionalInterface
  interface Misbehaviour {

    /** For the next request. */
    Optional<Fault> next();
  }

  private static final Duration SLOW = Duration.ofMillis(900);
  private static final Duration STEP = Duration.ofMillis(20);

  private final String name;
  private final CancellableContext owner;
  private final ExecutorService threads;
  private final Misbehaviour misbehaviour;
  private final Handler handler;
  private final ServerStack stack;
  private final int port;
  private volatile HttpServer server;

  /**
   * Starts a server.
   *
   * @param services ends everything that it does
   * @param limit how long a request may take, however patient its caller is
   * @param port 0: any free one
   */
  @SuppressWarnings("MustBeClosed") // closed by close()
  Server(
      Context services,
      HopStats stats,
      Duration limit,
      int port,
      Misbehaviour misbehaviour,
      Handler handler)
      throws IOException {
    this.name = stats.name();
    this.owner = services.withName(name).withCancel();
    this.threads = NamedThreads.pool(name, 64);
    this.misbehaviour = misbehaviour;
    this.handler = handler;
    this.stack =
        ServerStack.builder(name)
            .filter(Propagated.by(wire(name, stats)))
            .filter(TimeLimit.of(limit))
            .filter(stats)
            .statuses(Declined.in(StatusTable.ofDefaults()))
            .open(owner);
    this.server = listenAt(port);
    this.port = server.getAddress().getPort();
  }

  /** The five trust each other. */
  private static Propagation wire(String name, HopStats stats) {
    Propagation wire = Propagation.builder(name).callers(Boundary.inside()).build();
    stats.watch(wire);
    return wire;
  }

  private HttpServer listenAt(int wanted) throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted);
    HttpServer listening;
    try {
      listening = HttpServer.create(address, 0);
    } catch (BindException taken) {
      throw new IOException(
          "port " + wanted + " is in use or not ours to use; choose another one with --port",
          taken);
    }
    listening.setExecutor(threads);
    listening.createContext("/", this::serve);
    listening.start();
    return listening;
  }

  private void serve(HttpExchange exchange) throws IOException {
    Optional<Fault> fault = misbehaviour.next();
    if (fault.filter(Fault.DROPPED::equals).isPresent()) {
      exchange.close(); // without an answer
      return;
    }
    JdkServer.replying(stack, misbehaving(fault.orElse(null))).handle(exchange);
  }

  private ServerHandler misbehaving(@Nullable Fault fault) {
    return (ctx, exchange) -> {
      if (fault == Fault.BUSY) {
        throw new RequestRefusedException("busy", "busy", Duration.ofSeconds(1));
      }
      if (fault == Fault.ERRORS) {
        throw new IllegalStateException("a fault of the script");
      }
      if (fault == Fault.SLOW) {
        HopStats.of(ctx).work(ctx, SLOW);
      }
      exchange.reply(200, handler.handle(ctx, exchange.parameter("q").orElse("")));
    };
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port + "/" + name);
  }

  /** Nobody listens any more, and all connections are cut. */
  void shut() {
    server.stop(0);
  }

  /** Listens again, at the same port; waits where somebody else has taken it meanwhile. */
  void listen() {
    while (!owner.isDone()) {
      try {
        server = listenAt(port);
        return;
      } catch (IOException stillTaken) {
        LockSupport.parkNanos(this, STEP.toNanos());
      }
    }
  }

  @Override
  public void close() {
    owner.cancel(CancelReason.SHUTDOWN);
    server.stop(0);
    NamedThreads.end(threads);
  }
}
