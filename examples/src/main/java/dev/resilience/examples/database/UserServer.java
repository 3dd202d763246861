package dev.resilience.examples.database;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.Context;
import dev.resilience.examples.program.NamedThreads;
import dev.resilience.http.server.JdkServer;
import dev.resilience.http.server.ServerStack;
import dev.resilience.http.server.TimeLimit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.ExecutorService;

/**
 * The handlers on the JDK's server, each request under a context that ends when its client leaves.
 */
final class UserServer implements AutoCloseable {

  private static final Duration READ = Duration.ofSeconds(5);
  private static final Duration WRITE = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofSeconds(60);

  private final ServerStack stack;
  private final HttpServer server;
  private final ExecutorService threads = NamedThreads.pool("users", 32);

  /**
   * Listens on a free port of loopback.
   *
   * @param root ends all requests
   * @param limit how long a request may take
   */
  UserServer(Context root, UserHandlers handlers, Duration limit) throws IOException {
    JdkServer.limitTimes(READ, WRITE, IDLE);
    stack =
        ServerStack.builder("users")
            .statuses(UserHandlers.STATUSES)
            .filter(TimeLimit.of(limit))
            .withoutInterrupts() // statements are cancelled; an interrupt could close a file
            .open(root);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/user", JdkServer.handler(stack, handlers::user));
    server.createContext("/users", JdkServer.handler(stack, handlers::users));
    server.createContext("/similarities", JdkServer.handler(stack, handlers::similarities));
    server.setExecutor(threads);
    server.start();
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    stack.close();
    NamedThreads.end(threads);
  }
}
