package dev.resilience.examples.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.examples.program.CtrlC;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The program as its user meets it: what it prints, and its exit code. */
class OrderPipelineTest {

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final ByteArrayOutputStream complained = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, UTF_8);
  private final PrintStream err = new PrintStream(complained, true, UTF_8);

  private int run(String... args) {
    return OrderPipeline.run(Context.background(), out, err, args);
  }

  private String printed() {
    return printed.toString(UTF_8);
  }

  private String complained() {
    return complained.toString(UTF_8);
  }

  private static int closedPort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Nested
  class Told_nonsense {

    @Test
    void it_says_so_in_one_line_and_exits_with_two() {
      assertThat(run("--bogus")).isEqualTo(2);
      assertThat(complained())
          .isEqualToIgnoringNewLines("order-pipeline: unknown argument '--bogus'; see --help");
      assertThat(printed()).isEmpty();
    }

    @Test
    void it_names_a_port_that_is_in_use_and_exits_with_one() throws IOException {
      try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        assertThat(run("--port", "" + taken.getLocalPort())).isEqualTo(1);
      }
      assertThat(complained()).contains("is in use", "--port").hasLineCount(1);
    }

    @Test
    void it_names_a_url_that_cannot_be_reached_and_exits_with_one() throws IOException {
      String url = "http://127.0.0.1:" + closedPort() + "/";

      assertThat(run("--url", url)).isEqualTo(1);

      assertThat(complained())
          .isEqualToIgnoringNewLines(
              "order-pipeline: cannot reach " + url + ": connection refused");
    }
  }

  @Test
  void asked_for_help_it_helps() {
    assertThat(run("--help")).isZero();
    assertThat(printed()).isEqualTo(Options.HELP);
  }

  @Test
  void given_a_url_it_calls_that_server_and_shows_the_smaller_table() throws Exception {
    try (var ctx = Context.background().withCancel();
        var server =
            new Server(
                ctx,
                new HopStats("theirs"),
                Duration.ofSeconds(30),
                0,
                Optional::empty,
                (c, query) -> "fine")) {

      assertThat(run("--url", server.uri().toString(), "--seconds", "1", "--rate", "20")).isZero();
    }
    assertThat(printed())
        .contains("GET http://127.0.0.1:")
        .containsPattern("all +20\n")
        .containsPattern("server +20 +2[0-9]")
        .doesNotContain("Work that nobody wanted");
    assertThat(complained()).isEmpty();
  }

  @Test
  void on_ctrl_c_it_ends_with_the_table_of_what_it_has() throws Exception {
    var running = new CountDownLatch(1);
    var result = new CompletableFuture<Integer>();
    var watched = new PrintStream(new Watch(running), true, UTF_8);
    CtrlC ctrlC = CtrlC.installed(Duration.ofSeconds(30));
    var program =
        new Thread(
            () -> {
              try (ctrlC) {
                result.complete(
                    OrderPipeline.run(ctrlC.context(), watched, err, "--seconds", "300"));
              }
            });
    program.start();
    running.await();

    ctrlC.interrupt();

    assertThat(result.get(30, TimeUnit.SECONDS)).isZero();
    assertThat(printed())
        .contains("Ended early by Ctrl-C", "What became of the orders", "Still running after");
    assertThat(complained()).isEmpty();
  }

  /** Notices when the orders begin. */
  private final class Watch extends OutputStream {

    private final CountDownLatch running;

    Watch(CountDownLatch running) {
      this.running = running;
    }

    @Override
    public void write(int b) {
      printed.write(b);
      if (printed().contains("under way")) {
        running.countDown();
      }
    }
  }
}
