package dev.resilience.examples.discovery;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** The process that started this one, and speaks to it. When it is gone, so is this one. */
final class Parent {

  private Parent() {}

  /** Hands over line after line, on a thread of its own. */
  static void listen(Consumer<String> ear) {
    Thread thread = new Thread(() -> hear(ear), "parent");
    thread.setDaemon(true);
    thread.start();
  }

  private static void hear(Consumer<String> ear) {
    try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        ear.accept(line);
      }
    } catch (IOException gone) {
      // As at the end.
    }
    Runtime.getRuntime().halt(0);
  }
}
