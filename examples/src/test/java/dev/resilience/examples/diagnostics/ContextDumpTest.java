package dev.resilience.examples.diagnostics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.diagnostics.ManagementHandle;
import dev.resilience.time.TimeSource;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ContextDumpTest {

  /** A service with one request, until its standard input ends. */
  static final class Service {

    private Service() {}

    public static void main(String... args) throws IOException {
      ContextMonitor monitor = ContextMonitor.of("orders");
      Context root = Context.observed(TimeSource.system(), monitor);
      try (ManagementHandle published = monitor.publish();
          var request =
              RequestInfo.builder()
                  .requestId("r-17")
                  .build()
                  .in(root.withName("request"))
                  .withTimeout(Duration.ofMinutes(5))) {
        System.out.println("ready");
        int unused = System.in.read();
        if (request.isDone()) {
          throw new IllegalStateException("the request has ended");
        }
      }
    }
  }

  private static String folderOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  @Test
  void shows_the_contexts_of_another_process() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                folderOf(ContextDumpTest.class) + File.pathSeparator + folderOf(Context.class),
                Service.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(other.inputReader().readLine()).isEqualTo("ready");
      ByteArrayOutputStream out = new ByteArrayOutputStream();

      ContextDump.dump(String.valueOf(other.pid()), 10, new PrintStream(out, true, UTF_8));

      assertThat(out.toString(UTF_8))
          .contains("contexts of 'orders', 1, at ")
          .contains("#1 'request' deadline, age ")
          .contains("request-id=r-17");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }
}
