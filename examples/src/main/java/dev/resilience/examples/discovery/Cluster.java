package dev.resilience.examples.discovery;

import dev.resilience.discovery.registry.ServiceInstance;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;

/** The four processes, on free ports of this machine: three instances and their registry. */
final class Cluster implements AutoCloseable {

  static final String SERVICE = "orders";
  static final String ROOT = "/services";
  static final int SIZE = 3;

  /** Of whom nothing is heard for so long disappears from the registry. */
  static final int SESSION_MILLIS = 3_000;

  private final Path folder = Files.createTempDirectory("registry");
  private final int registryPort;
  private final List<ServiceInstance> places = new ArrayList<>();
  private final List<JvmProcess> instances = new ArrayList<>();
  private JvmProcess registry;

  /** Starts them, and does not wait until they are ready. */
  Cluster() throws IOException {
    List<Integer> ports = freePorts(SIZE + 1);
    registryPort = ports.get(SIZE);
    registry = launchRegistry();
    for (int port : ports.subList(0, SIZE)) {
      ServiceInstance place = ServiceInstance.of(SERVICE, "127.0.0.1", port);
      places.add(place);
      instances.add(launch(place));
    }
  }

  /** A connection of the kind that each process has. */
  static CuratorFramework curator(String servers) {
    CuratorFramework curator =
        CuratorFrameworkFactory.newClient(servers, SESSION_MILLIS, 1_000, new RetryOneTime(100));
    curator.start();
    return curator;
  }

  /** For Curator. */
  String servers() {
    return "127.0.0.1:" + registryPort;
  }

  /** Where the instances listen, whether they live or not. */
  List<ServiceInstance> places() {
    return List.copyOf(places);
  }

  JvmProcess instance(int n) {
    return instances.get(n);
  }

  void startAgain(int n) throws IOException {
    instances.set(n, launch(places.get(n)));
  }

  void killRegistry() {
    registry.kill();
  }

  /** With what it has on its disk. */
  void startRegistryAgain() throws IOException {
    registry = launchRegistry();
  }

  private JvmProcess launch(ServiceInstance place) throws IOException {
    return JvmProcess.start(OrdersMain.class, servers(), String.valueOf(place.port()));
  }

  private JvmProcess launchRegistry() throws IOException {
    return JvmProcess.start(
        RegistryMain.class,
        String.valueOf(registryPort),
        folder.toString(),
        String.valueOf(SESSION_MILLIS / 6));
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    instances.forEach(JvmProcess::close);
    registry.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }
}
