package dev.resilience.http.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

class DisconnectsTest {

  @Nested
  class The_kernels_table {

    private static final String HEAD =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";

    @Test
    void is_read_as_linux_writes_it() throws IOException {
      Map<String, Boolean> found = new HashMap<>();
      SocketTable.visit(
          HEAD
              + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0\n"
              + "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  0\n"
              + "  12: 0100007F:1F90 0100007F:C351 08 00000000:00000001 00:00000000 00000000  0\n"
              + HEAD.substring(0, 0)
              + "   2: 0000000000000000FFFF00000100007F:1F90 "
              + "0000000000000000FFFF00000200007F:C352 07 00000000:00000000 00:00000000\n"
              + "   3: 00000000000000000000000001000000:1F90 "
              + "00000000000000000000000001000000:C353 01 00000000:00000000 00:00000000\n",
          found::put);

      assertThat(found)
          .containsEntry(key("127.0.0.1", 8080, "127.0.0.1", 50_000), false)
          .containsEntry(key("127.0.0.1", 8080, "127.0.0.1", 50_001), true)
          .containsEntry(key("127.0.0.1", 8080, "127.0.0.2", 50_002), true)
          .containsEntry(key("::1", 8080, "::1", 50_003), false);
    }

    private static String key(String local, int localPort, String remote, int remotePort)
        throws IOException {
      return SocketTable.key(
          new InetSocketAddress(InetAddress.getByName(local), localPort),
          new InetSocketAddress(InetAddress.getByName(remote), remotePort));
    }

    @Test
    void that_is_no_table_has_no_connections() {
      List<String> found = new ArrayList<>();
      for (String broken :
          List.of("", "x", "\n", "a\nb: c", "a\n 1: 0100007F:1F90 ", "a\n : : :")) {
        SocketTable.visit(broken, (key, left) -> found.add(key));
      }
      assertThat(found).isEmpty();
    }

    @Test
    void that_cannot_be_read_is_not_taken_for_an_empty_one() {
      SocketTable missing = new SocketTable(List.of(Path.of("/does/not/exist")));
      assertThat(missing.read((key, left) -> {})).isFalse();
    }
  }

  static boolean isSeen() {
    return Disconnects.ofDefaults().seesConnections();
  }

  @Nested
  @EnabledIf("dev.resilience.http.server.DisconnectsTest#isSeen")
  class A_real_connection {

    private final ServerStack stack = ServerStack.builder("shop").open(Context.background());
    private final CountDownLatch working = new CountDownLatch(1);

    /** Serves a connection by hand, and gives back how that ended when the client does a thing. */
    private ExchangeEnd servedWhile(ThrowingConsumer client) throws Exception {
      try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
          Socket near = new Socket(listener.getInetAddress(), listener.getLocalPort());
          Socket far = listener.accept()) {
        FakeExchange exchange =
            new FakeExchange() {
              @Override
              public InetSocketAddress remoteAddress() {
                return (InetSocketAddress) far.getRemoteSocketAddress();
              }

              @Override
              public InetSocketAddress localAddress() {
                return (InetSocketAddress) far.getLocalSocketAddress();
              }
            };
        CountDownLatch ended = new CountDownLatch(1);
        exchange.onEnd(
            end -> {
              exchange.end = end;
              ended.countDown();
            });
        Thread server =
            new Thread(
                () ->
                    stack.serve(
                        exchange,
                        (ctx, e) -> {
                          working.countDown();
                          ctx.awaitDone();
                        }));
        server.start();
        working.await();
        client.accept(near);
        await().atMost(Duration.ofSeconds(20)).until(() -> ended.getCount() == 0);
        server.join();
        return exchange.end;
      }
    }

    @Test
    void that_is_closed_is_heard_of() throws Exception {
      assertThat(servedWhile(Socket::close).status()).isEqualTo(499);
    }

    @Test
    void that_is_closed_with_bytes_unread_by_the_server_is_heard_of() throws Exception {
      ExchangeEnd end =
          servedWhile(
              near -> {
                near.getOutputStream().write("GET /next HTTP/1.1\r\n".getBytes(US_ASCII));
                near.close();
              });
      assertThat(end.status()).isEqualTo(499);
    }

    @Test
    void that_is_reset_is_heard_of() throws Exception {
      ExchangeEnd end =
          servedWhile(
              near -> {
                near.setSoLinger(true, 0);
                near.close();
              });
      assertThat(end.status()).isEqualTo(499);
    }
  }

  interface ThrowingConsumer {
    void accept(Socket socket) throws Exception;
  }

  @Test
  void what_the_container_knows_is_asked_for() {
    FakeExchange exchange = FakeExchange.get("/");
    ServerStack stack =
        ServerStack.builder("shop")
            .disconnects(Disconnects.every(Duration.ofMillis(5)))
            .open(Context.background());

    stack.serve(
        exchange,
        (ctx, e) -> {
          exchange.reset = true; // says so when it is asked
          ctx.awaitDone();
        });

    assertThat(exchange.end.status()).isEqualTo(499);
  }

  @Nested
  class A_look {

    private static final long MILLI = 1_000_000;
    private static final long INTERVAL = 25 * MILLI;

    private static long pause(long usualLook) {
      return Math.max(INTERVAL, 20 * usualLook);
    }

    @Test
    void that_had_to_wait_for_a_processor_is_no_reason_to_look_away() {
      long usual = Disconnects.usual(MILLI / 2, MILLI / 2, INTERVAL);
      long afterTheLongOne = Disconnects.usual(usual, 20 * MILLI, INTERVAL);

      assertThat(pause(afterTheLongOne)).isLessThanOrEqualTo(40 * MILLI);
    }

    @Test
    void that_is_the_first_one_is_none_either() {
      assertThat(pause(Disconnects.usual(0, 50 * MILLI, INTERVAL))).isLessThanOrEqualTo(40 * MILLI);
    }

    @Test
    void that_is_always_long_comes_less_often() {
      long usual = 0;
      for (int i = 0; i < 20; i++) {
        usual = Disconnects.usual(usual, 30 * MILLI, INTERVAL);
      }

      assertThat(pause(usual)).isEqualTo(600 * MILLI);
    }

    @Test
    void that_is_short_again_comes_as_often_as_before_at_once() {
      assertThat(pause(Disconnects.usual(30 * MILLI, MILLI, INTERVAL))).isEqualTo(INTERVAL);
    }
  }

  @Test
  void without_them_nothing_is_asked() {
    Registration watch = Disconnects.none().watch(FakeExchange.get("/"));
    assertThat(watch.withdraw()).isFalse();
    assertThat(Disconnects.none().seesConnections()).isFalse();
  }

  @Test
  void a_rhythm_is_a_time() {
    assertThatThrownBy(() -> Disconnects.every(Duration.ZERO))
        .hasMessage("interval: 0 s (expected: > 0)");
  }

  @BeforeEach
  void littleEndian() {
    assumeTrue(
        java.nio.ByteOrder.nativeOrder() == java.nio.ByteOrder.LITTLE_ENDIAN,
        "the table in this test is of a little-endian machine");
  }
}
