package dev.resilience.redis;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import io.lettuce.core.RedisURI;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Scanner;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A machine in a JVM of its own. It does what it is told, line by line, and says when it is done.
 */
final class OtherMachine implements AutoCloseable {

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter orders;

  OtherMachine(RedisURI uri, String readKey, String writeKey) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-cp",
                classPath(),
                OtherMachine.class.getName(),
                String.valueOf(uri.getPort()),
                readKey,
                writeKey)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers = process.inputReader(StandardCharsets.UTF_8);
    orders = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** The tests' own, whether they run on the class path or on the module path. */
  static String classPath() {
    return Stream.concat(
            Stream.of(folderOf(OtherMachine.class), folderOf(RedisCache.class)),
            Stream.of("jdk.module.path", "java.class.path").map(name -> System.getProperty(name)))
        .filter(path -> path != null && !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String folderOf(Class<?> type) {
    try {
      String file = type.getName().replace('.', '/') + ".class";
      URI uri = type.getResource("/" + file).toURI();
      String path = Path.of(uri).toString();
      return path.substring(0, path.length() - file.length());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Sends an order and waits until it is done. */
  String order(String line) throws IOException {
    orders.write(line);
    orders.newLine();
    orders.flush();
    return answers.readLine();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  public static void main(String... args) throws Exception {
    RedisURI uri = RedisURI.create("127.0.0.1", Integer.parseInt(args[0]));
    String writeKey = args[2];
    try (CancellableContext app = Context.background().withCancel();
        Watch watch = new Watch(app, uri, args[1]);
        Scanner in = new Scanner(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      while (in.hasNextLine()) { // the other JVM is gone: so are we
        String[] order = in.nextLine().split(" ");
        System.out.println(obey(watch, app, writeKey, order));
      }
    }
  }

  private static String obey(Watch watch, Context app, String writeKey, String[] order) {
    switch (order[0]) {
      case "connect" -> {
        while (!watch.cache().isRedisAvailable()) {
          Thread.yield();
        }
      }
      case "read" -> watch.startReading();
      case "set" -> {
        if (!watch.cache().set(app, writeKey, Long.valueOf(order[1]))) {
          return "Redis has not got it";
        }
      }
      case "await" -> {
        try {
          watch.awaitSeen(Long.parseLong(order[1]));
        } catch (AssertionError wrong) {
          return wrong + ", because of " + wrong.getCause();
        }
      }
      case "end" -> {
        try {
          watch.close();
        } catch (InterruptedException | AssertionError wrong) {
          return String.valueOf(wrong);
        }
        return watch.reads() + " " + watch.nearHits();
      }
      default -> throw new IllegalArgumentException(order[0]);
    }
    return "done";
  }
}
