package dev.resilience.zookeeper;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** A program of the operating system. */
final class Command {

  private Command() {}

  static void run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(String.join(" ", command) + " does not end");
    }
    if (process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + " failed: " + process.exitValue());
    }
  }
}
