package dev.resilience.concurrent;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A JVM that runs the main method of a test class, to be signalled and killed. */
public final class ChildJvm implements AutoCloseable {

  /** GNU's; elsewhere signals are as the build has them. */
  private static final Path ENV = Path.of("/usr/bin/env");

  private final Process process;
  private final BufferedReader lines;

  /** Starts one. */
  public ChildJvm(Class<?> main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(ENV) && System.getProperty("os.name").equals("Linux")) {
      // A build in the background of a shell has SIGINT ignored, and so would its children.
      command.addAll(List.of(ENV.toString(), "--default-signal=INT,TERM"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp"));
    command.add(folderOf(TaskGroup.class) + System.getProperty("path.separator") + folderOf(main));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    this.process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    this.lines = process.inputReader();
    // What does not end by itself is ended, so that no test hangs on it.
    CompletableFuture.delayedExecutor(2, TimeUnit.MINUTES).execute(process::destroyForcibly);
  }

  private static Path folderOf(Class<?> type) {
    String file = type.getName().replace('.', '/') + ".class";
    String url = String.valueOf(type.getResource("/" + file));
    return Path.of(URI.create(url.substring(0, url.length() - file.length())));
  }

  /** Reads lines until one is there; returns what came before it. */
  public List<String> readUntil(String last) throws IOException {
    List<String> read = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals(last)) {
        return read;
      }
      read.add(line);
    }
    throw new IOException("ended after " + read);
  }

  /** Reads what is left. */
  public List<String> readAll() {
    return lines.lines().toList();
  }

  /** Sends a signal by name. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor();
  }

  /** The exit code, once it has ended. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still runs");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
