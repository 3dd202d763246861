package dev.resilience.examples.pipeline;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.examples.program.NamedThreads;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/**
 * The door that all connections to a service come through, from its public port to the real server
 * behind. The JDK's server tells nobody when a client hangs up before it has its answer; here the
 * end of a connection is the end of a context, from which those of its requests derive. And a door
 * can be shut: then nobody listens at the port.
 */
final class Door implements AutoCloseable {

  private static final int MOST_CONNECTIONS = 512;
  private static final Duration STEP = Duration.ofMillis(20);

  private final String name;
  private final Context services;
  private final InetSocketAddress server;
  private final ExecutorService threads;

  /** By the port of our side of the connection to the server, which is what the server sees. */
  private final Map<Integer, CancellableContext> connections = new ConcurrentHashMap<>();

  private final int port;
  private volatile ServerSocket listener;
  private volatile CompletableFuture<Void> accepting;
  private volatile boolean closed;

  /**
   * Opens a door.
   *
   * @param services ends all connections
   * @param port 0: any free one
   * @param server where the connections lead
   */
  Door(Context services, String name, int port, InetSocketAddress server) throws IOException {
    this.name = name;
    this.services = services;
    this.server = server;
    // One accepts, and two copy for each connection.
    this.threads = NamedThreads.pool(name + "-door", 1 + 2 * MOST_CONNECTIONS);
    this.listener = listenAt(port);
    this.port = listener.getLocalPort();
    this.accepting = acceptFrom(listener);
  }

  private static ServerSocket listenAt(int port) throws IOException {
    try {
      return new ServerSocket(port, MOST_CONNECTIONS, InetAddress.getLoopbackAddress());
    } catch (BindException taken) {
      throw new IOException(
          "port " + port + " is in use or not ours to use; choose another one with --port", taken);
    }
  }

  int port() {
    return port;
  }

  /** The connection that a request has come in on. */
  Context connectionOf(InetSocketAddress asTheServerSeesIt) {
    Context connection = connections.get(asTheServerSeesIt.getPort());
    return connection != null ? connection : services;
  }

  /** Nobody listens any more, and all connections are cut. */
  void shut() {
    quietly(listener);
    // Until the thread has left its accept, the kernel would go on taking connections.
    accepting.join();
    connections.values().forEach(CancellableContext::close);
  }

  /** Listens again, at the same port; waits where somebody else has taken it meanwhile. */
  void open(Context ctx) {
    while (!closed && listener.isClosed()) {
      try {
        listener = listenAt(port);
        accepting = acceptFrom(listener);
      } catch (IOException stillTaken) {
        if (ctx.isDone()) {
          return;
        }
        LockSupport.parkNanos(this, STEP.toNanos());
      }
    }
  }

  private CompletableFuture<Void> acceptFrom(ServerSocket open) {
    return CompletableFuture.runAsync(
        () -> {
          while (!open.isClosed()) {
            try {
              letIn(open.accept());
            } catch (IOException shut) {
              // The loop's condition tells.
            }
          }
        },
        threads);
  }

  private void letIn(Socket client) {
    Socket behind = new Socket();
    CancellableContext connection = services.withName(name).withCancel();
    connection.onDone(client::close);
    connection.onDone(behind::close);
    try {
      if (connections.size() >= MOST_CONNECTIONS) {
        throw new IOException("too many connections");
      }
      client.setTcpNoDelay(true);
      behind.setTcpNoDelay(true);
      behind.connect(server);
      Integer key = behind.getLocalPort();
      connections.put(key, connection);
      connection.onDone(() -> connections.remove(key, connection));
      threads.execute(() -> copy(client, behind, connection, CancelReason.USER));
      threads.execute(() -> copy(behind, client, connection, CancelReason.CLOSED));
    } catch (IOException | RejectedExecutionException failed) {
      // The server, or this door, is just being closed.
      connection.cancel(failed);
    }
  }

  private static void copy(
      Socket from, Socket to, CancellableContext connection, CancelReason atTheEnd) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException cut) {
      // An end like any other.
    }
    connection.cancel(atTheEnd);
  }

  private static void quietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException closedAnyhow) {
      // Nothing is lost that anybody wants.
    }
  }

  @Override
  public void close() {
    closed = true;
    shut();
    NamedThreads.end(threads);
  }
}
