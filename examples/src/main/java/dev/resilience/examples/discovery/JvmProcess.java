package dev.resilience.examples.discovery;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A class of this program in a JVM of its own. It hears what is said on its standard input, and
 * ends when that ends: so none is left when this process dies, in whatever way.
 */
final class JvmProcess implements AutoCloseable {

  private final Process process;
  private final PrintStream ear;

  private JvmProcess(Process process) {
    this.process = process;
    this.ear = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  static JvmProcess start(Class<?> main, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
    command.addAll(List.of("-cp", classPath(main), main.getName()));
    command.addAll(List.of(args));
    return new JvmProcess(
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Maven runs this program in its own JVM, where the class path is that of Maven. */
  private static String classPath(Class<?> main) throws IOException {
    if (!(main.getClassLoader() instanceof URLClassLoader loader)) {
      return System.getProperty("java.class.path");
    }
    List<String> files = new ArrayList<>();
    try {
      for (URL url : loader.getURLs()) {
        files.add(Path.of(url.toURI()).toString());
      }
    } catch (URISyntaxException strange) {
      throw new IOException("the class path cannot be read", strange);
    }
    return String.join(File.pathSeparator, files);
  }

  void say(String line) {
    ear.println(line);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** As {@code kill -9}: it has no time to say good-bye. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** It stands still, and its connections stay open. */
  void pause() throws IOException {
    signal("-STOP");
  }

  void goOn() throws IOException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", name, String.valueOf(process.pid())).start();
    try {
      if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new IOException(
            "kill " + name + " failed (expected: an operating system with signals)");
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
  }
}
