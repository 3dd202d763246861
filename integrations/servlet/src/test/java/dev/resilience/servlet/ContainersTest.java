package dev.resilience.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.http.server.BadRequestException;
import dev.resilience.http.server.ExchangeEnd;
import dev.resilience.http.server.ExchangeEnd.Reason;
import dev.resilience.http.server.ResponseTakenException;
import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.servlet.Containers.Running;
import dev.resilience.servlet.Containers.Work;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same behaviour in all containers and protocols. */
@Timeout(60)
class ContainersTest {

  /** A container and a protocol. */
  enum Way {
    JETTY_H1,
    JETTY_H2,
    TOMCAT_H1,
    TOMCAT_H2;

    Running container() throws Exception {
      return name().startsWith("JETTY") ? Containers.jetty() : Containers.tomcat();
    }

    boolean isHttp2() {
      return name().endsWith("H2");
    }
  }

  private final CountDownLatch working = new CountDownLatch(1);
  private final AtomicReference<Context> held = new AtomicReference<>();
  private final AtomicReference<Throwable> late = new AtomicReference<>();

  private Running container;
  private HttpClient client;
  private URI uri;

  private void start(Way way, Work work) throws Exception {
    container = way.container();
    client =
        HttpClient.newBuilder()
            .version(way.isHttp2() ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
            .build();
    uri = URI.create("http://127.0.0.1:" + container.port + "/orders/17?x=1");
    container.work = (request, response) -> {};
    HttpResponse<String> first = client.send(request().build(), BodyHandlers.ofString());
    assertThat(first.version() == HttpClient.Version.HTTP_2).isEqualTo(way.isHttp2());
    nextEnd();
    container.ends.clear();
    container.log.clear();
    container.work =
        (request, response) -> {
          held.set(ContextFilter.context(request));
          work.run(request, response);
        };
  }

  private HttpRequest.Builder request() {
    return HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30));
  }

  private HttpResponse<String> get(String... headers) throws Exception {
    HttpRequest.Builder request = request();
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private ExchangeEnd nextEnd() throws InterruptedException {
    ExchangeEnd end = container.ends.poll(20, TimeUnit.SECONDS);
    assertThat(end).as("the end of the exchange").isNotNull();
    return end;
  }

  // ---- answers

  @ParameterizedTest
  @EnumSource
  void a_servlet_has_a_context_with_what_is_known(Way way) throws Exception {
    start(
        way,
        (request, response) -> {
          RequestInfo info = RequestInfo.of(ContextFilter.context(request));
          response.setContentType("text/plain;charset=utf-8");
          response
              .getWriter()
              .print(info.requestId().orElse("") + " from " + info.clientAddress().orElse(""));
        });
    HttpResponse<String> response = get("X-Request-ID", "r-1");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("r-1 from 127.0.0.1");
    assertThat(response.headers().firstValue("X-Request-ID")).contains("r-1");
    ExchangeEnd end = nextEnd();
    assertThat(end.reason()).isEqualTo(Reason.ANSWERED);
    assertThat(end.exchange().operation()).isEqualTo("GET /*");
    assertThat(container.log.poll(20, TimeUnit.SECONDS)).startsWith("[r-1] GET /orders/17 200 in ");
    assertThat(held.get().cause()).isEqualTo(CancelReason.CLOSED);
  }

  @ParameterizedTest
  @EnumSource
  void a_servlet_passes_its_context_on(Way way) throws Exception {
    Orders orders = ctx -> "alive: ".concat(String.valueOf(!ctx.isDone())).getBytes(UTF_8);
    start(
        way,
        (request, response) -> {
          Context ctx = ContextFilter.context(request);
          response.getOutputStream().write(orders.page(ctx));
        });

    assertThat(get().body()).isEqualTo("alive: true");
  }

  interface Orders {
    byte[] page(Context ctx);
  }

  @ParameterizedTest
  @EnumSource
  void failures_become_statuses_without_internals(Way way) throws Exception {
    start(
        way,
        (request, response) -> {
          response.getOutputStream().write("half an answer".getBytes(UTF_8));
          throw new IOException("password is 1234");
        });
    HttpResponse<String> broken = get("X-Request-ID", "r-2");
    assertThat(broken.statusCode()).isEqualTo(500);
    assertThat(broken.body()).isEqualTo("Internal server error");
    assertThat(broken.headers().firstValue("X-Request-ID")).contains("r-2");

    container.work =
        (request, response) -> {
          throw new BadRequestException("user ID required");
        };
    HttpResponse<String> bad = get();
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body()).isEqualTo("user ID required");
  }

  @ParameterizedTest
  @EnumSource
  void bodies_are_limited(Way way) throws Exception {
    start(
        way,
        (request, response) ->
            response.getOutputStream().write(request.getInputStream().readAllBytes()));
    HttpRequest small = request().POST(HttpRequest.BodyPublishers.ofString("hello")).build();
    assertThat(client.send(small, BodyHandlers.ofString()).body()).isEqualTo("hello");
    assertThat(nextEnd().exchange().bytesRead()).isEqualTo(5);

    HttpRequest large =
        request().POST(HttpRequest.BodyPublishers.ofString("x".repeat(1_001))).build();
    assertThat(statusOfUnread(large)).isEqualTo(413);

    HttpRequest unknown =
        request()
            .POST(
                HttpRequest.BodyPublishers.fromPublisher(
                    HttpRequest.BodyPublishers.ofString("x".repeat(1_001))))
            .build();
    assertThat(statusOfUnread(unknown)).isEqualTo(413);
  }

  /**
   * Over HTTP/2 the container resets the stream whose body nobody reads, and the JDK's client
   * forgets the answer that came before if it was still sending.
   */
  private int statusOfUnread(HttpRequest request) throws Exception {
    int heard = 0;
    try {
      heard = client.send(request, BodyHandlers.ofString()).statusCode();
    } catch (IOException reset) {
      assertThat(reset).hasMessageContaining("RST_STREAM");
    }
    int answered = nextEnd().status();
    return heard == 0 ? answered : heard;
  }

  // ---- time

  @ParameterizedTest
  @EnumSource
  void a_time_limit_answers_once_and_frees_the_thread(Way way) throws Exception {
    CountDownLatch freed = new CountDownLatch(1);
    start(
        way,
        (request, response) -> {
          response.getWriter().print("half an answer"); // not committed
          try {
            new CountDownLatch(1).await();
          } finally {
            freed.countDown();
          }
        });
    HttpResponse<String> response = get("X-Limit", "100");

    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(response.body()).isEqualTo("Request timed out");
    freed.await();
    assertThat(nextEnd().reason()).isEqualTo(Reason.DEADLINE);

    container.work = (request, other) -> other.getWriter().print("still alive");
    assertThat(get().body()).isEqualTo("still alive");
  }

  /** Traps C10 and C11: the client has its answer while the servlet still works. */
  @ParameterizedTest
  @EnumSource
  void a_deaf_servlet_writes_nothing_after_its_time(Way way) throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    start(
        way,
        (request, response) -> {
          awaitDeaf(answered);
          response.setStatus(202);
          response.setHeader("X-Late", "yes");
          try {
            response.getOutputStream().write("too late".getBytes(UTF_8));
          } catch (IOException refused) {
            late.set(refused);
          }
        });
    HttpResponse<String> response = get("X-Limit", "100");
    answered.countDown();

    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(response.body()).isEqualTo("Request timed out");
    assertThat(response.headers().firstValue("X-Late")).isEmpty();
    ExchangeEnd end = nextEnd();
    assertThat(end.status()).isEqualTo(504);
    assertThat(late.get()).isInstanceOf(ResponseTakenException.class);

    container.work = (request, other) -> other.getWriter().print("still alive");
    assertThat(get().body()).isEqualTo("still alive");
  }

  private static void awaitDeaf(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException ignored) {
        // It is deaf.
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_H1", "JETTY_H2", "TOMCAT_H1"})
  void a_stream_that_is_broken_off_is_noticed(Way way) throws Exception {
    start(
        way,
        (request, response) -> {
          response.getOutputStream().write("a part".getBytes(UTF_8));
          response.flushBuffer();
          ContextFilter.context(request).awaitDone();
        });

    assertThatThrownBy(() -> get("X-Limit", "100")).isInstanceOf(IOException.class);
    assertThat(nextEnd().reason()).isEqualTo(Reason.DEADLINE);
  }

  /** The page says so: the day that Tomcat resets such a stream, we learn it. */
  @ParameterizedTest
  @EnumSource(names = "TOMCAT_H2")
  void a_stream_of_http2_that_is_broken_off_looks_whole_with_tomcat(Way way) throws Exception {
    start(
        way,
        (request, response) -> {
          response.getOutputStream().write("a part".getBytes(UTF_8));
          response.flushBuffer();
          ContextFilter.context(request).awaitDone();
        });

    assertThat(get("X-Limit", "100").body()).isEqualTo("a part");
    assertThat(nextEnd().reason()).isEqualTo(Reason.DEADLINE);
  }

  @ParameterizedTest
  @EnumSource
  void a_deadline_from_the_caller_ends_it_too(Way way) throws Exception {
    start(way, (request, response) -> ContextFilter.context(request).awaitDone());
    assertThat(get(HeaderNames.TIMEOUT_MS, "100").statusCode()).isEqualTo(504);
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_H1", "TOMCAT_H1"})
  void a_body_that_does_not_come_is_a_408(Way way) throws Exception {
    start(way, (request, response) -> request.getInputStream().readAllBytes());
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), container.port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhe".getBytes(UTF_8));
      byte[] head = socket.getInputStream().readNBytes(12);
      assertThat(new String(head, UTF_8)).isEqualTo("HTTP/1.1 408");
    }
    assertThat(nextEnd().status()).isEqualTo(408);
  }

  /** Tomcat's writes hear no interrupt: its thread comes back after its own connectionTimeout. */
  @ParameterizedTest
  @EnumSource(names = "JETTY_H1")
  void a_client_that_reads_nothing_is_let_go_of(Way way) throws Exception {
    start(
        way,
        (request, response) -> {
          byte[] part = new byte[1 << 16];
          while (true) {
            response.getOutputStream().write(part);
          }
        });
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), container.port)) {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: here\r\nX-Limit: 300\r\n\r\n".getBytes(UTF_8));
      assertThat(nextEnd().reason()).isEqualTo(Reason.DEADLINE);
    }
  }

  // ---- asynchronous

  /** The trap: a {@code try (ctx)} around it would end it as soon as it has begun. */
  @ParameterizedTest
  @EnumSource
  void an_asynchronous_servlet_has_its_context_until_it_completes(Way way) throws Exception {
    AtomicReference<AsyncContext> async = new AtomicReference<>();
    start(way, (request, response) -> async.set(request.startAsync()));
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(request().build(), BodyHandlers.ofString());
    await().until(() -> async.get() != null && container.stack.inFlight() == 1);

    assertThat(held.get().isDone()).isFalse();
    async.get().getResponse().getWriter().print("at last");
    async.get().complete();

    assertThat(answer.get().body()).isEqualTo("at last");
    assertThat(nextEnd().reason()).isEqualTo(Reason.ANSWERED);
    assertThat(held.get().cause()).isEqualTo(CancelReason.CLOSED);
  }

  @ParameterizedTest
  @EnumSource
  void an_asynchronous_servlet_is_answered_for_when_its_time_is_up(Way way) throws Exception {
    AtomicReference<AsyncContext> async = new AtomicReference<>();
    start(way, (request, response) -> async.set(request.startAsync()));
    HttpResponse<String> response = get("X-Limit", "100");

    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(response.body()).isEqualTo("Request timed out");
    assertThat(nextEnd().reason()).isEqualTo(Reason.DEADLINE);
    async.get().complete(); // has no effect

    container.work = (request, other) -> other.getWriter().print("still alive");
    assertThat(get().body()).isEqualTo("still alive");
  }

  @ParameterizedTest
  @EnumSource
  void a_dispatch_comes_back_under_the_same_context(Way way) throws Exception {
    AtomicReference<Context> second = new AtomicReference<>();
    start(
        way,
        (request, response) -> {
          if (request.getDispatcherType() == DispatcherType.ASYNC) {
            second.set(ContextFilter.context(request));
            response.getWriter().print("dispatched, alive: " + !second.get().isDone());
          } else {
            AsyncContext async = request.startAsync();
            async.start(async::dispatch);
          }
        });

    assertThat(get().body()).isEqualTo("dispatched, alive: true");
    assertThat(nextEnd().reason()).isEqualTo(Reason.ANSWERED);
    assertThat(second.get().cause()).isEqualTo(CancelReason.CLOSED);
  }

  @ParameterizedTest
  @EnumSource
  void a_dispatch_that_fails_is_a_500(Way way) throws Exception {
    start(
        way,
        (request, response) -> {
          if (request.getDispatcherType() == DispatcherType.ASYNC) {
            throw new IOException("password is 1234");
          }
          AsyncContext async = request.startAsync();
          async.start(async::dispatch);
        });

    HttpResponse<String> response = get();
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).isEqualTo("Internal server error");
  }

  // ---- clients that leave

  private void leavesDuring(Way way, Work work) throws Exception {
    start(way, work);
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(request().build(), BodyHandlers.ofString());
    working.await();
    answer.cancel(true); // closes a connection of HTTP/1.1, resets a stream of HTTP/2

    ExchangeEnd end = nextEnd();
    assertThat(end.status()).isEqualTo(499);
    assertThat(held.get().cause()).isEqualTo(CancelReason.USER);
  }

  @ParameterizedTest
  @EnumSource
  void a_client_that_leaves_a_blocking_servlet_is_heard(Way way) throws Exception {
    leavesDuring(
        way,
        (request, response) -> {
          working.countDown();
          ContextFilter.context(request).awaitDone();
        });
  }

  @ParameterizedTest
  @EnumSource
  void a_client_that_leaves_an_asynchronous_servlet_is_heard(Way way) throws Exception {
    leavesDuring(
        way,
        (request, response) -> {
          request.startAsync();
          working.countDown();
        });
  }

  /** Other streams of the same connection live on. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_H2", "TOMCAT_H2"})
  void a_stream_that_is_reset_takes_no_other_with_it(Way way) throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch both = new CountDownLatch(2);
    start(
        way,
        (request, response) -> {
          both.countDown();
          if (request.getHeader("X-Stays") != null) {
            release.await();
            response.getWriter().print("stayed");
          } else {
            ContextFilter.context(request).awaitDone();
          }
        });
    CompletableFuture<HttpResponse<String>> stays =
        client.sendAsync(request().header("X-Stays", "yes").build(), BodyHandlers.ofString());
    CompletableFuture<HttpResponse<String>> leaves =
        client.sendAsync(request().build(), BodyHandlers.ofString());
    both.await();
    leaves.cancel(true);
    assertThat(nextEnd().status()).isEqualTo(499);
    release.countDown();

    assertThat(stays.get().body()).isEqualTo("stayed");
  }

  @ParameterizedTest
  @EnumSource
  void a_client_that_says_that_it_leaves_is_heard(Way way) throws Exception {
    String id = CancelMessage.newId();
    start(
        way,
        (request, response) -> {
          working.countDown();
          ContextFilter.context(request).awaitDone();
        });
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(
            request().header(HeaderNames.CANCEL_ID, id).build(), BodyHandlers.ofString());
    working.await();
    HttpRequest message =
        HttpRequest.newBuilder(uri.resolve(CancelMessage.PATH))
            .header(HeaderNames.CANCEL_ID, id)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();

    assertThat(client.send(message, BodyHandlers.ofString()).statusCode()).isEqualTo(202);
    await().until(() -> held.get().isDone());
    assertThat(held.get().cause()).isEqualTo(CancelReason.USER);
    answer.cancel(true);
    await().until(() -> container.stack.inFlight() == 0);
  }
}
