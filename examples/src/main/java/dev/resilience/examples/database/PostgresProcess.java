package dev.resilience.examples.database;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A PostgreSQL of our own, on a free port of this machine, with its data in a temporary folder. */
final class PostgresProcess implements AutoCloseable {

  /** Where Debian keeps the programs, off the path. */
  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  private final Process process;
  private final Path data;
  private final int port;

  private PostgresProcess(Process process, Path data, int port) {
    this.process = process;
    this.data = data;
    this.port = port;
  }

  /** Whether it can be started here. */
  static boolean isInstalled() throws IOException {
    return programs().isPresent();
  }

  /**
   * Starts it, and waits until it answers.
   *
   * @throws IOException if it is not installed or does not come up
   */
  static PostgresProcess start() throws IOException {
    Path programs =
        programs()
            .orElseThrow(() -> new IOException("no PostgreSQL here: apt-get install postgresql"));
    Path data = Files.createTempDirectory("resilience-postgres");
    if (isRoot()) { // as whom it refuses to run
      run(List.of("chown", "postgres", data.toString()));
    }
    run(
        as(
            programs.resolve("initdb"),
            "-D",
            data.toString(),
            "-U",
            "example",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync"));
    int port = freePort();
    Process process =
        new ProcessBuilder(
                as(
                    programs.resolve("postgres"),
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
                    "jit=off")) // it compiles for half a second first, and heeds no cancel
            .directory(data.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    PostgresProcess postgres = new PostgresProcess(process, data, port);
    postgres.awaitAnswer();
    return postgres;
  }

  private static Optional<Path> programs() throws IOException {
    List<Path> folders = new ArrayList<>();
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    for (String folder : path.split(File.pathSeparator, -1)) {
      folders.add(Path.of(folder));
    }
    if (Files.isDirectory(DEBIAN)) {
      try (Stream<Path> versions = Files.list(DEBIAN)) {
        versions.sorted(Comparator.reverseOrder()).forEach(v -> folders.add(v.resolve("bin")));
      }
    }
    return folders.stream().filter(f -> Files.isExecutable(f.resolve("initdb"))).findFirst();
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static List<String> as(Path program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(
          List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
    }
    command.add(program.toString());
    command.addAll(Arrays.asList(arguments));
    return command;
  }

  private static void run(List<String> command) throws IOException {
    Process done = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(done.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (done.onExit().join().exitValue() != 0) {
      throw new IOException(command + ": " + said);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitAnswer() throws IOException {
    long end = System.nanoTime() + PATIENCE;
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        close();
        throw new IOException("PostgreSQL did not come up on port " + port);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  private boolean answers() {
    try {
      DriverManager.getConnection(url()).close();
      return true;
    } catch (SQLException notYet) {
      return false;
    }
  }

  String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=example";
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().onExit().join();
      }
    } catch (InterruptedException stop) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException left) {
      throw new UncheckedIOException(left);
    }
  }
}
