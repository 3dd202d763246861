package dev.resilience.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A process of this program that is told line by line what to do, and answers. It ends when its
 * standard input does, so none is left when this process dies, in whatever way.
 */
final class Child implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final PrintStream ear;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private Child(Process process) {
    this.process = process;
    this.ear = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, "answers");
    reader.setDaemon(true);
    reader.start();
  }

  static Child start(Class<?> main, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dsun.net.httpserver.nodelay=true"));
    command.addAll(
        List.of(
            "-Dsun.net.httpserver.maxIdleConnections=4096", // the default of 200 closes good ones
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(List.of(args));
    return new Child(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.add(line);
      }
    } catch (IOException gone) {
      // As at the end.
    }
    answers.add("ended");
  }

  void say(String line) {
    ear.println(line);
  }

  /** Waits for an answer, and returns what is behind its first word. */
  String await(String word) throws IOException, InterruptedException {
    String answer = answers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (answer == null || !answer.startsWith(word)) {
      throw new IOException("a child answered: " + answer + " (expected: " + word + ")");
    }
    return answer.substring(word.length()).strip();
  }

  /** Ends the process. */
  @Override
  public void close() {
    ear.close();
    try {
      if (!process.waitFor(2, TimeUnit.SECONDS)) {
        process.destroyForcibly().onExit().join();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  // ---- in the child

  /** What a child does for a line. */
  @FunctionalInterface
  interface Order {

    /** Returns the answer; null: there is none. */
    @Nullable String obey(String line) throws Exception;
  }

  /** Obeys line after line, and ends the process when there is none, or an order fails. */
  @SuppressWarnings("SystemExitOutsideMain")
  static void serve(Order order) {
    int status = 0;
    try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String answer = order.obey(line);
        if (answer != null) {
          System.out.println(answer);
        }
      }
    } catch (Throwable failure) {
      failure.printStackTrace();
      status = 1;
    }
    Runtime.getRuntime().halt(status);
  }

  /** Waits until something is true, five seconds at the most: what it costs shows in the notes. */
  static void await(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 500 && !condition.getAsBoolean(); i++) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** The processor time that this process has used. */
  static long processorNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
