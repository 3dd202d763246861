package dev.resilience.page;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Serves a page with the JDK's own server. */
final class JdkServer implements AutoCloseable {

  /** A stream holds a thread for as long as it is open. */
  private static final int MOST_THREADS = 64;

  private static final int IDLE_SECONDS = 10;

  private final HttpServer server;
  private final ThreadPoolExecutor threads;

  JdkServer(LivePage page, InetSocketAddress address) throws IOException {
    server = HttpServer.create(address, 0);
    threads =
        new ThreadPoolExecutor(
            0,
            MOST_THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            daemons(page.name()));
    server.setExecutor(threads);
    server.createContext("/", exchange -> JdkExchange.serve(page, exchange));
    server.start();
  }

  private static ThreadFactory daemons(String name) {
    return work -> {
      Thread thread = new Thread(work, "page of " + name);
      thread.setDaemon(true);
      return thread;
    };
  }

  InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
