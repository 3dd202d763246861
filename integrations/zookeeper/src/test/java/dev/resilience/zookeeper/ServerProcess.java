package dev.resilience.zookeeper;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A ZooKeeper server in a JVM of its own, which can be killed and paused. */
final class ServerProcess implements AutoCloseable {

  private final List<String> within;
  private final String host;
  private final int port;
  private final Path folder;
  private Process process;

  private ServerProcess(List<String> within, String host, int port) throws IOException {
    this.within = within;
    this.host = host;
    this.port = port;
    this.folder = Files.createTempDirectory("zookeeper");
    start();
  }

  /** On a free port of this machine. */
  static ServerProcess launch() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int free = socket.getLocalPort();
      socket.close();
      return new ServerProcess(List.of(), "127.0.0.1", free);
    }
  }

  /** On a host of its own. */
  static ServerProcess launch(HostBehindACable host) throws IOException {
    return new ServerProcess(host.command(), host.address(), 2181);
  }

  void start() throws IOException {
    List<String> command = new ArrayList<>(within);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "-cp",
            System.getProperty("java.class.path"),
            ServerMain.class.getName(),
            host,
            String.valueOf(port),
            folder.toString(),
            String.valueOf(Connection.SESSION_MILLIS / 4)));
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
  }

  String address() {
    return host + ":" + port;
  }

  void kill() {
    process.destroyForcibly().onExit().join();
  }

  void pause() throws Exception {
    Command.run("kill", "-STOP", String.valueOf(process.pid()));
  }

  void resume() throws Exception {
    Command.run("kill", "-CONT", String.valueOf(process.pid()));
  }

  /** Takes away its disk. */
  void forgetEverything() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        if (!file.equals(folder)) {
          Files.delete(file);
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    kill();
    forgetEverything();
    Files.delete(folder);
  }
}
