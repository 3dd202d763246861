package dev.resilience.redis;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lettuce.core.RedisURI;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A real redis-server on a free port of this machine, without anything on disk. */
final class RedisServer implements AutoCloseable {

  private final int port;
  private final List<String> options;
  private Process process;

  private RedisServer(int port, List<String> options) {
    this.port = port;
    this.options = options;
  }

  /**
   * Starts one. Where it is not installed, the test is skipped, and in CI it fails.
   *
   * @param options as on the command line
   */
  static RedisServer start(String... options) throws IOException {
    boolean installed =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "redis-server")));
    if (!installed && System.getenv("CI") != null) {
      throw new AssertionError("redis-server is not installed (expected in CI: .ci/run does it)");
    }
    assumeTrue(installed, "redis-server is not installed: apt-get install redis-server");
    RedisServer server = new RedisServer(freePort(), List.of(options));
    server.launch();
    return server;
  }

  /** A server that is not there yet. */
  static RedisServer absent() throws IOException {
    RedisServer server = start();
    server.kill();
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  void launch() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "redis-server",
                "--port",
                String.valueOf(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no"));
    command.addAll(options);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Awaitility.await("redis-server on port " + port).ignoreExceptions().until(this::answers);
  }

  private boolean answers() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return true;
    }
  }

  int port() {
    return port;
  }

  RedisURI uri() {
    return RedisURI.create("127.0.0.1", port);
  }

  void kill() {
    process.destroyForcibly().onExit().join();
  }

  void pause() throws Exception {
    signal("-STOP");
  }

  void resume() throws Exception {
    signal("-CONT");
  }

  private void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", name, String.valueOf(process.pid())).start();
    if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
      throw new IOException("kill " + name + " failed");
    }
  }

  @Override
  public void close() {
    kill();
  }
}
