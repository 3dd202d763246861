package dev.resilience.examples.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.Context;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.examples.program.NamedThreads;
import dev.resilience.zookeeper.ZooKeeperStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.apache.curator.framework.CuratorFramework;

/**
 * An instance of the service: answers GET after a time, 20 ms unless told otherwise, and is
 * registered for as long as it lives.
 */
final class OrdersMain {

  private final Context life = Context.background();
  private volatile Duration takes = Duration.ofMillis(20);

  private OrdersMain() {}

  /** With the address of the registry, and a port to listen at. */
  public static void main(String... args) throws Exception {
    // Or each answer waits up to 40 ms for an acknowledgement that the other side delays.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    var orders = new OrdersMain();
    Parent.listen(millis -> orders.takes = Duration.ofMillis(Long.parseLong(millis)));
    orders.serve(args[0], Integer.parseInt(args[1]));
  }

  private void serve(String servers, int port) throws IOException, InterruptedException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(NamedThreads.pool("orders", 64));
    server.createContext("/", this::answer);
    server.start();
    try (CuratorFramework curator = Cluster.curator(servers)) {
      ServiceRegistry registry =
          ServiceRegistry.builder(ZooKeeperStore.of(curator, Cluster.ROOT)).open(life);
      try (Lease me =
          registry.register(life, ServiceInstance.of(Cluster.SERVICE, "127.0.0.1", port))) {
        life.awaitDone();
      }
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      life.sleep(takes);
      byte[] body = "an order\n".getBytes(UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }
}
