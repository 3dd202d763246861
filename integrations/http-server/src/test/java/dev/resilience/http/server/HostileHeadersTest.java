package dev.resilience.http.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.Propagation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers from the worst clients: refused or cut, counted, and the request served. */
@Timeout(60)
class HostileHeadersTest {

  private static final Propagation TRUSTING =
      Propagation.builder("shop").callers(Boundary.inside()).build();
  private static final TransferLimits LIMITS = TransferLimits.ofDefaults();
  private static final AtomicReference<Context> SEEN = new AtomicReference<>();

  private static HttpServer server;
  private static ExecutorService threads;

  @BeforeAll
  static void start() throws IOException {
    threads = Executors.newCachedThreadPool();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    ServerStack stack =
        ServerStack.builder("shop")
            .filter(LIMITS)
            .filter(Propagated.by(TRUSTING))
            .filter(IdHeader.requestId())
            .filter(IdHeader.traceId())
            .filter(RequestMetadata.ofDefaults().behind(TrustedProxies.of("127.0.0.0/8", "::1")))
            .open(Context.background());
    server.createContext(
        "/",
        JdkServer.replying(
            stack,
            (ctx, exchange) -> {
              SEEN.set(ctx);
              exchange.reply(200, "served");
            }));
    server.start();
  }

  @AfterAll
  static void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static String ask(String... headers) throws IOException {
    try (RawClient client = new RawClient(server.getAddress().getPort())) {
      return client.get("/", headers).readResponse();
    }
  }

  static Stream<String> malformed() {
    List<String> values =
        List.of(
            "-1",
            "-9223372036854775808",
            "9223372036854775808",
            "99999999999999999999999999999999",
            "1e9",
            "0x10",
            "NaN",
            " ",
            "\u00e9\u00fc",
            "1,2",
            "\u0001",
            "a".repeat(8_000));
    return Stream.of(
            HeaderNames.TIMEOUT_MS,
            HeaderNames.GRPC_TIMEOUT,
            HeaderNames.ENVOY_TIMEOUT,
            HeaderNames.BUDGET,
            HeaderNames.TRACEPARENT,
            HeaderNames.BAGGAGE,
            HeaderNames.REQUEST_ID,
            HeaderNames.TRACE_ID,
            HeaderNames.USER_ID,
            HeaderNames.CRITICALITY,
            HeaderNames.ATTEMPT,
            HeaderNames.SERVICE_PATH,
            HeaderNames.CANCEL_ID,
            "X-Forwarded-For",
            "User-Agent")
        .flatMap(name -> values.stream().map(value -> name + ": " + value));
  }

  /** All in one test: they are many, and each takes a connection. */
  @Test
  void that_are_malformed_do_not_keep_a_request_from_being_served() throws IOException {
    for (String header : malformed().toList()) {
      assertThat(ask(header)).as(header).startsWith("HTTP/1.1 200").endsWith("served");
    }
    assertThat(TRUSTING.snapshot().malformed()).isGreaterThan(50);
  }

  @ParameterizedTest
  @ValueSource(strings = {"315360000000", "9223372036854", "99999999999"}) // ten years, and more
  void that_ask_for_years_are_cut(String millis) throws IOException {
    assertThat(ask(HeaderNames.TIMEOUT_MS + ": " + millis)).startsWith("HTTP/1.1 200");
    assertThat(SEEN.get().timeLeft()).isLessThanOrEqualTo(java.time.Duration.ofDays(1));
    assertThat(TRUSTING.snapshot().clamped()).isPositive();
  }

  /** By the server itself or by our limits: no more than a status, or a closed connection. */
  @ParameterizedTest
  @MethodSource("oversized")
  void that_are_oversized_are_refused(String header) throws IOException {
    long before = LIMITS.refused();
    String response;
    try {
      response = ask(header);
    } catch (IOException closed) {
      response = "closed";
    }

    assertThat(response)
        .satisfiesAnyOf(
            r -> assertThat(r).startsWith("HTTP/1.1 431"),
            r -> assertThat(r).startsWith("HTTP/1.1 400"),
            r -> assertThat(r).isEqualTo("closed"));
    if (response.startsWith("HTTP/1.1 431")) {
      assertThat(LIMITS.refused()).isEqualTo(before + 1);
    }
    assertThat(ask()).as("and the next one is served").endsWith("served");
  }

  static Stream<String> oversized() {
    StringBuilder many = new StringBuilder("X-First: 1");
    for (int i = 0; i < 10_000; i++) {
      many.append("\r\nX-").append(i).append(": 1");
    }
    return Stream.of(
        "X-Large: " + "a".repeat(20_000),
        "X-Large: " + "a".repeat(1 << 20),
        "baggage: " + "k=v,".repeat(5_000),
        many.toString(),
        "X-Many: 1\r\n".repeat(150) + "X-Last: 1");
  }

  @Test
  void that_forge_an_address_do_not() throws IOException {
    ask("X-Forwarded-For: " + "1.2.3.4, ".repeat(500) + "127.0.0.2");
    assertThat(RequestInfo.of(SEEN.get()).clientAddress()).contains("1.2.3.4");
    ask("X-Forwarded-For: 6.6.6.6, evil.example.org");
    assertThat(RequestInfo.of(SEEN.get()).clientAddress()).contains("127.0.0.1");
  }
}
