package dev.resilience.examples.start;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TenMinutesTest {

  @Test
  void what_fails_for_a_moment_is_not_noticed() throws Exception {
    var bytes = new ByteArrayOutputStream();
    int[] came = TenMinutes.play(Context.background(), new PrintStream(bytes, true, UTF_8));
    assertThat(came[0]).isLessThanOrEqualTo(36);
    assertThat(came[1]).isEqualTo(40);
  }

  @Test
  void each_failure_is_told_apart() throws Exception {
    int closed;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    var users = new Users(URI.create("http://127.0.0.1:" + closed));
    assertThat(users.describe(Context.background(), 1)).isEqualTo("no answer: REFUSED");
    try (var left = Context.background().withCancel()) {
      left.cancel();
      assertThat(users.describe(left, 1)).startsWith("nobody waits any more");
    }
  }
}
