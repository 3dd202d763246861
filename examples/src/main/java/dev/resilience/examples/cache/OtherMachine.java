package dev.resilience.examples.cache;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import io.lettuce.core.RedisURI;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * The second machine, in a JVM of its own: it reads all the time, and says when it sees the number
 * that it was told to expect.
 */
final class OtherMachine implements AutoCloseable {

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter orders;

  private OtherMachine(Process process) {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.orders = process.outputWriter(StandardCharsets.UTF_8);
  }

  static OtherMachine start(RedisURI uri) throws IOException {
    return new OtherMachine(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                classPath(),
                OtherMachine.class.getName(),
                String.valueOf(uri.getPort()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Maven's, if it runs the demo in its own JVM, else that of this JVM. */
  private static String classPath() {
    return OtherMachine.class.getClassLoader() instanceof URLClassLoader maven
        ? Arrays.stream(maven.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  void order(String line) throws IOException {
    orders.write(line);
    orders.newLine();
    orders.flush();
  }

  String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the other JVM has ended");
    }
    return line;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  // ---- in the other JVM

  private static final AtomicLong NEWEST = new AtomicLong();
  private static final LongAdder READS = new LongAdder();
  private static final LongAdder STALE = new LongAdder();

  /**
   * Obeys, line by line.
   *
   * @param args the port of Redis
   */
  public static void main(String... args) throws IOException {
    try (CancellableContext app = Context.background().withCancel();
        Numbers numbers =
            new Numbers(app, RedisURI.create("127.0.0.1", Integer.parseInt(args[0])));
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      numbers.awaitRedis();
      Thread reader = new Thread(() -> readOn(app, numbers), "reader");
      reader.setDaemon(true);
      reader.start();
      say("ready");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        switch (line) {
          case "ping" -> say("pong");
          case "sum" -> say(READS.sum() + " " + numbers.nearHits() + " " + STALE.sum());
          default -> {
            say("ready");
            awaitSeen(numbers, Long.parseLong(line));
            say("seen");
          }
        }
      }
    }
  }

  private static void awaitSeen(Numbers numbers, long expected) {
    while (read(numbers) < expected) {
      LockSupport.parkNanos(1_000);
    }
  }

  private static void readOn(Context app, Numbers numbers) {
    while (!app.isDone()) {
      read(numbers);
      LockSupport.parkNanos(1_000);
    }
  }

  /** What one thread has seen, the news of it have come; nobody may see anything older. */
  private static long read(Numbers numbers) {
    long atLeast = NEWEST.get();
    long number = numbers.read();
    if (number < atLeast) {
      STALE.increment();
    }
    READS.increment();
    NEWEST.accumulateAndGet(number, Math::max);
    return number;
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
