package dev.resilience.load;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.ReportedLoad;
import dev.resilience.simulation.Job;
import dev.resilience.simulation.Service;
import dev.resilience.simulation.ServiceException;
import dev.resilience.simulation.ServiceModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a service on a port of its own. What it does with a request is the model's; the
 * sockets are real, and so is the time.
 */
final class HttpService implements AutoCloseable {

  private static final int BACKLOG = 2_048;

  private final Service spec;
  private final int instance;
  private final RealTime time;
  private final ServiceModel model;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(2, Threads.daemons("http"));
  private final AtomicInteger received = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private final Queue<ServedRequest> served = new ConcurrentLinkedQueue<>();

  HttpService(
      Service spec,
      int instance,
      RealTime time,
      long seed,
      boolean refusesHopeless,
      ServiceModel.@Nullable Downstream downstream) {
    this.spec = spec;
    this.instance = instance;
    this.time = time;
    this.model = new ServiceModel(spec, instance, time, seed, refusesHopeless, downstream);
    try {
      this.server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/warm", exchange -> answer(exchange, 200));
    server.createContext("/work", this::handle);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) {
    received.incrementAndGet();
    var headers = exchange.getRequestHeaders();
    long left = Long.parseLong(orDefault(headers.getFirst(Headers.TIME_LEFT), "-1"));
    Job job =
        new Job(
            Integer.parseInt(headers.getFirst(Headers.CALL)),
            left < 0 ? Job.UNTOLD : time.now() + left,
            status -> {
              ReportedLoad load = model.load();
              threads.execute(
                  () -> {
                    exchange.getResponseHeaders().set(HeaderNames.SERVER_LOAD, load.toString());
                    answer(exchange, status);
                    answered.incrementAndGet();
                  });
            });
    served.add(new ServedRequest(headers.getFirst(Headers.REQUEST), spec.name(), instance, job));
    time.execute(() -> model.receive(job));
  }

  private static String orDefault(@Nullable String value, String otherwise) {
    return value == null ? otherwise : value;
  }

  private static void answer(HttpExchange exchange, int status) {
    // Closed without an answer, its connection is closed, too.
    try (exchange) {
      if (status != ServiceException.UNREACHABLE) {
        exchange.sendResponseHeaders(status, -1);
      }
    } catch (IOException gone) {
      // Nobody waits for it any more; the service learns it too late to save the work.
    }
  }

  /** Whether every request has been answered. */
  boolean isIdle() {
    return answered.get() == received.get();
  }

  /** What it has noted of all requests. */
  Queue<ServedRequest> served() {
    return served;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
