package dev.resilience.http.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConnectionLossTest {

  /** As Tomcat's, by name. */
  static final class ClientAbortException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  static Stream<Throwable> losses() {
    return Stream.of(
        new IOException("Broken pipe"),
        new IOException("Connection reset by peer"),
        new SocketException("Connection reset"),
        new IOException("An established connection was aborted by the software in your host"),
        new IOException("connection closed before all data received"),
        new EOFException(),
        new ClosedChannelException(),
        new ClientAbortException(),
        new IOException("wrapped", new EOFException("reset")));
  }

  static Stream<Throwable> others() {
    return Stream.of(
        new IOException("too many bytes to write to stream"),
        new IOException(),
        new IOException("disk full"),
        new ClosedByInterruptException(), // by ourselves
        new ResponseTakenException("the request has ended"),
        new IllegalStateException("Broken pipe"));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void the_client_has_gone(Throwable failure) {
    assertThat(ConnectionLoss.is(failure)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("others")
  void the_client_may_be_there(Throwable failure) {
    assertThat(ConnectionLoss.is(failure)).isFalse();
  }
}
