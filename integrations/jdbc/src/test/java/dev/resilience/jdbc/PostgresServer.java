package dev.resilience.jdbc;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/** A real PostgreSQL on a free port of loopback, with its data in a temporary folder. */
final class PostgresServer implements AutoCloseable {

  /** Where Debian puts a version's programs, which are not on the path. */
  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

  private final Path programs;
  private final Path data;
  private final int port;
  private Process process;

  private PostgresServer(Path programs, Path data, int port) {
    this.programs = programs;
    this.data = data;
    this.port = port;
  }

  /** Starts one. Where it is not installed, the test is skipped, and in CI it fails. */
  static PostgresServer start() throws IOException, InterruptedException {
    Optional<Path> programs = programs();
    if (programs.isEmpty() && "true".equals(System.getenv("CI"))) {
      throw new AssertionError("PostgreSQL is not installed (expected in CI: .ci/run does it)");
    }
    assumeTrue(programs.isPresent(), "PostgreSQL is not installed: apt-get install postgresql");
    Path data = Files.createTempDirectory("resilience-postgres");
    PostgresServer server = new PostgresServer(programs.get(), data, freePort());
    server.initialize();
    server.launch();
    return server;
  }

  private static Optional<Path> programs() throws IOException {
    List<Path> folders = new ArrayList<>();
    for (String folder : System.getenv("PATH").split(java.io.File.pathSeparator, -1)) {
      folders.add(Path.of(folder));
    }
    if (Files.isDirectory(DEBIAN)) {
      try (Stream<Path> versions = Files.list(DEBIAN)) {
        versions
            .map(version -> version.resolve("bin"))
            .sorted(Comparator.reverseOrder())
            .forEach(folders::add);
      }
    }
    return folders.stream()
        .filter(folder -> Files.isExecutable(folder.resolve("initdb")))
        .findFirst();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** It refuses to run as root: then as the user that its package has made. */
  private List<String> asSomebody(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(
          List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
    }
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(arguments));
    return command;
  }

  private void initialize() throws IOException, InterruptedException {
    if (System.getProperty("user.name").equals("root")) {
      run(List.of("chown", "postgres", data.toString()));
    }
    run(
        asSomebody(
            "initdb",
            "-D",
            data.toString(),
            "-U",
            "test",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync"));
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process done = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said =
        new String(done.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (done.waitFor() != 0) {
      throw new IOException(command + ": " + said);
    }
  }

  void launch() throws IOException {
    process =
        new ProcessBuilder(
                asSomebody(
                    "postgres",
                    "-D",
                    data.toString(),
                    "-p",
                    String.valueOf(port),
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "unix_socket_directories=",
                    "-c",
                    "fsync=off",
                    "-c",
                    "autovacuum=off",
                    "-c",
                    "shared_buffers=16MB",
                    "-c",
                    "max_connections=60"))
            .directory(data.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Awaitility.await("PostgreSQL on port " + port)
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(
            () -> {
              connect().close();
              return true;
            });
  }

  String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  /** Of another program, which knows nothing of this library. */
  Connection connect() throws SQLException {
    return DriverManager.getConnection(url(), "test", "");
  }

  /** Without a pool. */
  PGSimpleDataSource dataSource() {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(url());
    dataSource.setUser("test");
    return dataSource;
  }

  /** Nobody answers any more, and nobody hangs up. */
  void pause() throws IOException, InterruptedException {
    signal("-STOP", process.toHandle());
    for (ProcessHandle backend : process.descendants().toList()) {
      signal("-STOP", backend);
    }
  }

  void resume() throws IOException, InterruptedException {
    for (ProcessHandle backend : process.descendants().toList()) {
      signal("-CONT", backend);
    }
    signal("-CONT", process.toHandle());
  }

  private static void signal(String name, ProcessHandle to)
      throws IOException, InterruptedException {
    // One that has gone meanwhile is as good as paused.
    new ProcessBuilder("kill", name, String.valueOf(to.pid()))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor(10, TimeUnit.SECONDS);
  }

  /** As an operator would: clients are cut off, the data stay. */
  void restart() throws IOException, InterruptedException {
    signal("-INT", process.toHandle());
    process.onExit().join();
    launch();
  }

  @Override
  public void close() {
    try {
      resume();
      signal("-INT", process.toHandle());
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
      try (Stream<Path> files = Files.walk(data)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException left) {
      throw new java.io.UncheckedIOException(left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
