package dev.resilience.http.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.http.server.ExchangeEnd.Reason;
import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.HeaderNames;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/** The JDK's server, with real sockets. */
@Timeout(60)
class JdkServerTest {

  private static HttpServer server;
  private static ExecutorService threads;

  private final CancellableContext owner = Context.background().withCancel();
  private final BlockingQueue<ExchangeEnd> ends = new LinkedBlockingQueue<>();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final CountDownLatch working = new CountDownLatch(1);

  @BeforeAll
  static void start() throws IOException {
    threads = Executors.newCachedThreadPool();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterAll
  static void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  @AfterEach
  void end() {
    owner.cancel();
    for (String path : List.of("/", "/slow")) {
      try {
        server.removeContext(path);
      } catch (IllegalArgumentException none) {
        // This test had none there.
      }
    }
  }

  private ServerStack stack(ServerFilter... filters) {
    ServerStack.Builder builder =
        ServerStack.builder("shop")
            .filter(ServerFilter.onEnd(ends::add))
            .filter(AccessLog.to(log::add));
    for (ServerFilter filter : filters) {
      builder.filter(filter);
    }
    return builder.open(owner);
  }

  private RawClient on(HttpHandler handler) throws IOException {
    server.createContext("/", handler);
    return new RawClient(server.getAddress().getPort());
  }

  private ExchangeEnd nextEnd() throws InterruptedException {
    ExchangeEnd end = ends.poll(20, TimeUnit.SECONDS);
    assertThat(end).as("the end of the exchange").isNotNull();
    return end;
  }

  private static void answer(com.sun.net.httpserver.HttpExchange exchange, String text)
      throws IOException {
    exchange.sendResponseHeaders(200, text.length());
    exchange.getResponseBody().write(text.getBytes(UTF_8));
  }

  @Nested
  class An_answer {

    @Test
    void is_the_handlers_own() throws Exception {
      try (RawClient client =
          on(
              JdkServer.handler(
                  stack(IdHeader.requestId()),
                  (ctx, exchange) -> {
                    exchange.getResponseHeaders().set("X-Own", "mine");
                    answer(exchange, "hello " + ctx.get(RequestInfo.REQUEST_ID));
                  }))) {
        String response = client.get("/", "X-Request-ID: r-1").readResponse();

        assertThat(response).startsWith("HTTP/1.1 200").endsWith("hello r-1");
        assertThat(response.toLowerCase(Locale.ROOT)).contains("x-request-id: r-1", "x-own: mine");
        assertThat(nextEnd().status()).isEqualTo(200);

        // The same connection serves the next one.
        assertThat(client.get("/", "X-Request-ID: r-2").readResponse()).endsWith("hello r-2");
      }
    }

    @Test
    void of_unknown_length_is_completed_when_the_handler_returns() throws Exception {
      try (RawClient client =
          on(
              JdkServer.handler(
                  stack(),
                  (ctx, exchange) -> {
                    exchange.sendResponseHeaders(200, 0);
                    exchange.getResponseBody().write("a part".getBytes(UTF_8));
                  }))) {
        assertThat(client.get("/", "Connection: close").readAll()).endsWith("a part\r\n0\r\n\r\n");
      }
    }

    @Test
    void may_come_later_from_another_thread() throws Exception {
      AtomicReference<Context> held = new AtomicReference<>();
      CompletableFuture<String> later = new CompletableFuture<>();
      try (RawClient client =
          on(
              JdkServer.asyncHandler(
                  stack(),
                  (ctx, exchange) -> {
                    held.set(ctx);
                    return later.thenAccept(
                        text -> {
                          try {
                            answer(exchange, text);
                          } catch (IOException broken) {
                            throw new java.io.UncheckedIOException(broken);
                          }
                        });
                  }))) {
        client.get("/");
        await().until(() -> held.get() != null);
        assertThat(held.get().isDone()).isFalse();
        later.complete("at last");

        assertThat(client.readResponse()).endsWith("at last");
        assertThat(nextEnd().reason()).isEqualTo(Reason.ANSWERED);
        assertThat(held.get().cause()).isEqualTo(CancelReason.CLOSED);
      }
    }

    @Test
    void that_never_comes_is_a_504() throws Exception {
      try (RawClient client =
          on(
              JdkServer.asyncHandler(
                  stack(TimeLimit.of(ofMillis(50))),
                  (ctx, exchange) -> new CompletableFuture<>()))) {
        assertThat(client.get("/").readAll()).startsWith("HTTP/1.1 504");
        assertThat(nextEnd().reason()).isEqualTo(Reason.DEADLINE);
      }
    }

    @Test
    void may_be_a_reply() throws Exception {
      try (RawClient client =
          on(
              JdkServer.replying(
                  stack(),
                  (ctx, exchange) ->
                      exchange.reply(
                          200,
                          exchange
                              .parameter("id")
                              .orElseThrow(() -> new BadRequestException("user ID required")))))) {
        assertThat(client.get("/users?id=7").readResponse()).endsWith("\r\n7");
        assertThat(client.get("/users").readResponse())
            .startsWith("HTTP/1.1 400")
            .endsWith("user ID required");
      }
    }

    @Test
    void of_a_handler_that_says_nothing_is_an_empty_200() throws Exception {
      try (RawClient client = on(JdkServer.handler(stack(), (ctx, exchange) -> {}))) {
        assertThat(client.get("/").readResponse()).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Nested
  class A_time_limit {

    @Test
    void answers_once_and_frees_the_thread() throws Exception {
      CountDownLatch freed = new CountDownLatch(1);
      try (RawClient client =
          on(
              JdkServer.handler(
                  stack(TimeLimit.of(ofMillis(100))),
                  (ctx, exchange) -> {
                    try {
                      new CountDownLatch(1).await(); // knows no context
                    } finally {
                      freed.countDown();
                    }
                  }))) {
        String response = client.get("/slow").readAll();

        assertThat(response).startsWith("HTTP/1.1 504").endsWith("\r\n\r\nRequest timed out");
        assertThat(response.split("HTTP/1.1", -1)).hasSize(2);
        freed.await();
        assertThat(nextEnd().status()).isEqualTo(504);
        assertThat(log.get(0)).contains("GET /slow 504 request timed out after ");
      }
    }

    /** Traps C10 and C11: the client has its answer while the handler still works. */
    @Test
    void answers_for_a_handler_that_is_deaf() throws Exception {
      CountDownLatch answered = new CountDownLatch(1);
      AtomicReference<Throwable> late = new AtomicReference<>();
      ServerStack stack =
          ServerStack.builder("shop")
              .withoutInterrupts()
              .filter(ServerFilter.onEnd(ends::add))
              .filter(TimeLimit.of(ofMillis(100)))
              .open(owner);
      try (RawClient client =
          on(
              JdkServer.handler(
                  stack,
                  (ctx, exchange) -> {
                    answered.await();
                    try {
                      answer(exchange, "too late");
                    } catch (IOException refused) {
                      late.set(refused);
                    }
                  }))) {
        assertThat(client.get("/").readResponse()).endsWith("Request timed out");
        answered.countDown();

        assertThat(client.readAll()).isEmpty();
        assertThat(nextEnd().status()).isEqualTo(504);
        assertThat(late.get())
            .isInstanceOf(ResponseTakenException.class)
            .hasMessage("the request has been answered with 504");
      }
    }

    @Test
    void breaks_off_a_stream_so_that_the_client_notices() throws Exception {
      try (RawClient client =
          on(
              JdkServer.handler(
                  stack(TimeLimit.of(ofMillis(100))),
                  (ctx, exchange) -> {
                    exchange.sendResponseHeaders(200, 0);
                    exchange.getResponseBody().write("a part".getBytes(UTF_8));
                    exchange.getResponseBody().flush();
                    ctx.awaitDone();
                  }))) {
        assertThat(client.get("/").readAll()).contains("a part").doesNotEndWith("0\r\n\r\n");
        assertThat(nextEnd().reason()).isEqualTo(Reason.DEADLINE);
      }
    }
  }

  private static HttpHandler endless(ServerStack stack) {
    return JdkServer.handler(
        stack,
        (ctx, exchange) -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] part = new byte[1 << 16];
          while (true) {
            exchange.getResponseBody().write(part);
          }
        });
  }

  @Nested
  class A_client_that_reads_nothing {

    /** The write hangs on another thread than the one that ends it. */
    @Test
    void is_let_go_of_when_the_time_is_up() throws Exception {
      try (RawClient client = on(endless(stack(TimeLimit.of(ofMillis(300)))))) {
        client.get("/");
        ExchangeEnd end = nextEnd();

        assertThat(end.reason()).isEqualTo(Reason.DEADLINE);
        assertThat(client.readAll()).doesNotEndWith("0\r\n\r\n");
      }
    }

    @Test
    void is_let_go_of_when_it_takes_too_long_to_read() throws Exception {
      TransferLimits limits = TransferLimits.builder().writeTime(ofMillis(300)).build();
      try (RawClient client = on(endless(stack(limits)))) {
        client.get("/");

        assertThat(nextEnd().context().cause()).isInstanceOf(TransferException.class);
        assertThat(limits.refused()).isEqualTo(1);
      }
    }
  }

  static boolean hearsClients() {
    return Disconnects.ofDefaults().seesConnections();
  }

  @Nested
  @EnabledIf("dev.resilience.http.server.JdkServerTest#hearsClients")
  class A_client_that_leaves {

    private ExchangeEnd whenClient(HttpHandler handler, Leaving leaving) throws Exception {
      RawClient client = on(handler);
      client.get("/slow");
      working.await();
      leaving.by(client);
      return nextEnd();
    }

    private HttpHandler waiting() {
      return JdkServer.handler(
          stack(),
          (ctx, exchange) -> {
            working.countDown();
            ctx.awaitDone();
          });
    }

    @Test
    void by_closing_is_heard() throws Exception {
      ExchangeEnd end = whenClient(waiting(), RawClient::close);
      assertThat(end.status()).isEqualTo(499);
      assertThat(end.context().cause()).isEqualTo(CancelReason.USER);
      assertThat(log.get(0)).contains("GET /slow 499 client disconnected after ");
    }

    @Test
    void by_a_reset_is_heard() throws Exception {
      assertThat(whenClient(waiting(), RawClient::reset).status()).isEqualTo(499);
    }

    @Test
    void is_heard_by_an_asynchronous_handler() throws Exception {
      HttpHandler handler =
          JdkServer.asyncHandler(
              stack(),
              (ctx, exchange) -> {
                working.countDown();
                return new CompletableFuture<>();
              });
      assertThat(whenClient(handler, RawClient::close).status()).isEqualTo(499);
    }

    /** What cannot be heard is said: a proxy may keep its own connection open. */
    @Test
    void by_saying_so_is_heard() throws Exception {
      String id = CancelMessage.newId();
      CancelMessages messages = CancelMessages.of();
      RawClient client =
          on(
              JdkServer.handler(
                  stack(messages),
                  (ctx, exchange) -> {
                    working.countDown();
                    ctx.awaitDone();
                  }));
      client.get("/slow", HeaderNames.CANCEL_ID + ": " + id);
      working.await();
      try (RawClient other = new RawClient(server.getAddress().getPort())) {
        String message =
            "POST "
                + CancelMessage.PATH
                + " HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n"
                + HeaderNames.CANCEL_ID
                + ": "
                + id
                + "\r\n\r\n";
        assertThat(other.send(message).readResponse()).startsWith("HTTP/1.1 202");
      }

      assertThat(List.of(nextEnd().status(), nextEnd().status())).contains(499);
      assertThat(messages.received()).isEqualTo(1);
      client.close();
    }
  }

  interface Leaving {
    void by(RawClient client) throws IOException;
  }

  /** Also where nobody looks at connections: it is the stream that fails. */
  @Nested
  class A_client_that_leaves_in_the_middle {

    private ExchangeEnd endOf(String request, JdkServer.Handler handler) throws Exception {
      ServerStack deaf =
          ServerStack.builder("shop")
              .disconnects(Disconnects.none())
              .filter(ServerFilter.onEnd(ends::add))
              .filter(AccessLog.to(log::add))
              .open(owner);
      RawClient client = on(JdkServer.handler(deaf, handler));
      client.send(request);
      working.await();
      client.reset();
      return nextEnd();
    }

    @Test
    void of_an_answer_is_heard_and_is_no_failure_of_the_handler() throws Exception {
      ExchangeEnd end =
          endOf(
              "GET / HTTP/1.1\r\nHost: here\r\n\r\n",
              (ctx, exchange) -> {
                exchange.sendResponseHeaders(200, 0);
                working.countDown();
                while (!ctx.isDone()) {
                  exchange.getResponseBody().write(new byte[100_000]);
                }
              });
      assertThat(end.reason()).isEqualTo(Reason.CLIENT_DISCONNECTED);
      assertThat(end.context().cause()).isEqualTo(CancelReason.USER);
      assertThat(log.get(0)).contains("GET / 499 client disconnected after ");
    }

    @Test
    void of_its_own_body_is_heard_and_is_no_failure_of_the_handler() throws Exception {
      ExchangeEnd end =
          endOf(
              "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 50\r\n\r\na part",
              (ctx, exchange) -> {
                exchange.getRequestBody().readNBytes(6);
                working.countDown();
                exchange.getRequestBody().readAllBytes();
              });
      assertThat(end.reason()).isEqualTo(Reason.CLIENT_DISCONNECTED);
      assertThat(log.get(0)).contains("POST / 499 client disconnected after ");
    }

    @Test
    void is_told_apart_from_a_connection_of_the_handlers_own() throws Exception {
      try (RawClient client =
          on(
              JdkServer.handler(
                  stack(),
                  (ctx, exchange) -> {
                    throw new IOException("Connection reset by the database");
                  }))) {
        assertThat(client.get("/").readResponse()).startsWith("HTTP/1.1 500");
        assertThat(nextEnd().reason()).isEqualTo(Reason.FAILED);
      }
    }
  }

  @Nested
  class A_body {

    private HttpHandler echo(ServerFilter... filters) {
      return JdkServer.handler(
          stack(filters),
          (ctx, exchange) -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          });
    }

    private static String post(String headers) {
      return "POST / HTTP/1.1\r\nHost: here\r\n" + headers + "\r\n\r\n";
    }

    @Test
    void is_read_and_counted() throws Exception {
      try (RawClient client = on(echo(TransferLimits.ofDefaults()))) {
        client.send(post("Content-Length: 5") + "hello");
        assertThat(client.readResponse()).endsWith("hello");
        ExchangeEnd end = nextEnd();
        assertThat(end.exchange().bytesRead()).isEqualTo(5);
        assertThat(end.exchange().bytesWritten()).isEqualTo(5);
      }
    }

    @Test
    void that_does_not_come_is_a_408() throws Exception {
      TransferLimits limits = TransferLimits.builder().bodyTime(ofMillis(100)).build();
      try (RawClient client = on(echo(limits))) {
        client.send(post("Content-Length: 5") + "he");

        assertThat(client.readAll())
            .startsWith("HTTP/1.1 408")
            .endsWith("Request body did not arrive in time");
        assertThat(nextEnd().status()).isEqualTo(408);
        assertThat(limits.refused()).isEqualTo(1);
      }
    }

    @Test
    void that_is_too_large_is_a_413() throws Exception {
      TransferLimits limits = TransferLimits.builder().bodySize(10).build();
      try (RawClient client = on(echo(limits))) {
        client.send(post("Transfer-Encoding: chunked") + "b\r\n01234567890\r\n0\r\n\r\n");
        assertThat(client.readResponse()).startsWith("HTTP/1.1 413");
      }
    }

    @Test
    void that_nobody_reads_does_not_spoil_the_answer() throws Exception {
      try (RawClient client =
          on(
              JdkServer.handler(
                  stack(TimeLimit.of(ofMillis(100))), (ctx, exchange) -> ctx.awaitDone()))) {
        client.send(post("Content-Length: 20000") + "x".repeat(20_000));
        assertThat(client.readAll()).startsWith("HTTP/1.1 504").endsWith("Request timed out");
      }
    }
  }

  @Test
  void a_failure_is_a_500_without_internals() throws Exception {
    try (RawClient client =
        on(
            JdkServer.handler(
                stack(),
                (ctx, exchange) -> {
                  throw new IOException("password is 1234");
                }))) {
      assertThat(client.get("/").readResponse())
          .startsWith("HTTP/1.1 500")
          .endsWith("Internal server error")
          .doesNotContain("1234");
    }
  }

  @Test
  void places_have_names_for_figures() throws Exception {
    AtomicReference<String> operation = new AtomicReference<>();
    server.createContext(
        "/slow",
        JdkServer.replying(
            stack(),
            (ctx, exchange) -> {
              operation.set(exchange.operation());
              exchange.reply(204, "");
            }));
    try (RawClient client = new RawClient(server.getAddress().getPort())) {
      assertThat(client.get("/slow/17?x=1").readResponse()).startsWith("HTTP/1.1 204");
    }
    assertThat(operation).hasValue("GET /slow");
  }

  @Test
  void times_of_the_server_are_whole_seconds() {
    assertThatThrownBy(() -> JdkServer.limitTimes(ofSeconds(0), ofSeconds(1), ofSeconds(1)))
        .hasMessage("request: 0 s (expected: > 0)");
  }
}
