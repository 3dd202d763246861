package dev.resilience.okhttp;

import static dev.resilience.http.client.RawServer.response;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.http.client.RawServer;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.Propagation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class OkHttpCallsTest {

  private static final String SOON = "x-amz-retry-after: 5";
  private static final String HALF =
      "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nthe first part";

  private final OkHttpClient http = new OkHttpClient();
  private final OkHttpCalls calls =
      OkHttpCalls.builder("s", http).preset(p -> p.withoutHedge()).build();
  private final Context root = Context.background();
  private final AtomicInteger served = new AtomicInteger();
  private RawServer server;

  @AfterEach
  void close() throws IOException {
    if (server != null) {
      server.close();
    }
    http.dispatcher().executorService().shutdownNow();
    http.connectionPool().evictAll();
  }

  private void serve(RawServer.Script script) throws IOException {
    if (server != null) {
      server.close();
    }
    server = new RawServer(script);
  }

  @FunctionalInterface
  private interface Scenario {
    void run(Duration limit) throws IOException;
  }

  /** A machine may be too slow to send a request in time: then the limit was too short. */
  private static void withGrowingLimit(Scenario scenario) throws IOException {
    for (Duration limit = ofMillis(200); ; limit = limit.multipliedBy(5)) {
      try {
        scenario.run(limit);
        return;
      } catch (AssertionError | IOException | RuntimeException failure) {
        if (limit.compareTo(ofSeconds(5)) >= 0) {
          throw failure;
        }
      }
    }
  }

  private void first(String response) throws IOException {
    serve(
        request -> request.send(served.incrementAndGet() == 1 ? response : response(200, "good")));
  }

  private Request.Builder to(String path) {
    return new Request.Builder().url(server.uri(path).toString());
  }

  private void assertServerSawItLeave() {
    await().atMost(Duration.ofSeconds(5)).until(() -> !server.requests().isEmpty());
    assertThat(server.request(1).left).succeedsWithin(Duration.ofSeconds(20));
  }

  @Nested
  class Are_broken_off {

    @Test
    void by_a_deadline() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(RawServer.Request::awaitLeft);
            try (CancellableContext ctx = root.withTimeout(limit)) {
              assertThatExceptionOfType(DeadlineExceededException.class)
                  .isThrownBy(() -> calls.execute(ctx, to("/").build()))
                  .withMessageContaining("the caller's deadline has passed");
            }
            assertServerSawItLeave();
          });
    }

    @Test
    void by_the_time_out_of_the_client() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(RawServer.Request::awaitLeft);
            OkHttpCalls limited = OkHttpCalls.builder("quotes", http).timeout(limit).build();
            assertThatExceptionOfType(AttemptTimeoutException.class)
                .isThrownBy(() -> limited.execute(root, to("/").build()))
                .withMessageContaining("time-out of client 'quotes'");
            assertServerSawItLeave();
          });
    }

    @Test
    void without_blocking_by_hand() throws IOException {
      serve(RawServer.Request::awaitLeft);
      try (CancellableContext ctx = root.withCancel()) {
        CompletableFuture<Response> sent =
            calls.executeAsync(ctx, to("/").build()).toCompletableFuture();
        await().until(() -> server.requests().size() == 1);
        ctx.cancel(CancelReason.USER);
        assertThat(catchThrowable(sent::join)).hasCauseInstanceOf(ContextCancelledException.class);
      }
      assertServerSawItLeave();
    }

    @Test
    void by_cancelling_the_future() throws IOException {
      serve(RawServer.Request::awaitLeft);
      CompletableFuture<Response> sent =
          calls.executeAsync(root, to("/").build()).toCompletableFuture();
      await().until(() -> server.requests().size() == 1);
      sent.cancel(true);
      assertServerSawItLeave();
    }

    @Test
    void by_an_interrupt_from_outside() throws IOException {
      serve(RawServer.Request::awaitLeft);
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      Thread caller =
          new Thread(
              () -> thrown.complete(catchThrowable(() -> calls.execute(root, to("/").build()))));
      caller.start();
      await().until(() -> server.requests().size() == 1);
      caller.interrupt();
      server.close(); // a blocking read of a socket hears no interrupt
      assertThat(thrown.join()).isInstanceOfAny(CallInterruptedException.class, IOException.class);
    }

    @Test
    void in_a_body_that_stalls() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(request -> request.send(HALF).awaitLeft());
            try (CancellableContext ctx = root.withTimeout(limit);
                Response response = calls.execute(ctx, to("/").build())) {
              assertThat(response.body().source().readUtf8(14)).isEqualTo("the first part");
              assertThatExceptionOfType(IOException.class)
                  .isThrownBy(() -> response.body().source().readByte());
            }
            assertServerSawItLeave();
          });
    }
  }

  @Test
  void a_body_that_was_read_keeps_its_connection() throws IOException {
    serve(request -> request.send(response(200, "all")));
    try (CancellableContext ctx = root.withTimeout(ofSeconds(60))) {
      for (int i = 0; i < 3; i++) {
        try (Response response = calls.execute(ctx, to("/").build())) {
          assertThat(response.body().string()).isEqualTo("all");
        }
      }
    }
    assertThat(server.connections()).isOne();
  }

  @Nested
  class Are_tried_again {

    private Request with(String method) {
      return to("/")
          .method(
              method,
              method.equals("GET")
                  ? null
                  : RequestBody.create("b".getBytes(StandardCharsets.US_ASCII)))
          .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE"})
    void where_the_method_is_idempotent(String method) throws IOException {
      first(response(500, "bad", SOON));
      try (Response response = calls.execute(root, with(method))) {
        assertThat(response.body().string()).isEqualTo("good");
      }
      assertThat(server.requests())
          .extracting(r -> r.header(HeaderNames.ATTEMPT))
          .containsExactly("1", "2");
    }

    @Test
    void not_where_the_work_may_have_been_done() throws IOException {
      first(response(500, "bad", SOON));
      try (Response response = calls.execute(root, with("POST"))) {
        assertThat(response.code()).isEqualTo(500);
      }
    }

    @Test
    void not_where_the_body_can_be_sent_once_only() throws IOException {
      first(response(500, "bad", SOON));
      RequestBody once =
          new RequestBody() {
            @Override
            public okhttp3.MediaType contentType() {
              return null;
            }

            @Override
            public boolean isOneShot() {
              return true;
            }

            @Override
            public void writeTo(okio.BufferedSink sink) throws IOException {
              sink.writeUtf8("once");
            }
          };
      try (Response response = calls.execute(root, to("/").put(once).build())) {
        assertThat(response.code()).isEqualTo(500);
      }
      assertThat(served).hasValue(1);
    }

    /** OkHttp alone would send it again: the connection was good before. */
    @Test
    void not_where_a_connection_breaks_that_was_used_before() throws IOException {
      serve(
          request -> {
            if (served.incrementAndGet() == 2) {
              request.close();
            }
            request.send(response(200, "good"));
          });
      calls.execute(root, with("GET")).close();
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> calls.execute(root, with("POST")));
      assertThat(server.requests()).extracting(r -> r.method).containsExactly("GET", "POST");
      assertThat(server.request(2).connection).as("kept alive").isEqualTo(1);
    }

    @Test
    void and_what_failed_is_not_broken_off_later() throws IOException {
      serve(
          request -> {
            if (served.incrementAndGet() == 1) {
              request.close();
            }
            request.send(response(200, "good"));
          });
      OkHttpCalls polite =
          OkHttpCalls.builder("s", http).preset(p -> p.withoutHedge()).cancelMessages().build();
      for (int i = 0; i < 4; i++) {
        served.set(0);
        http.connectionPool().evictAll();
        polite.execute(root, with("PUT")).close();
      }
      assertThat(server.requests()).extracting(r -> r.method).containsOnly("PUT");
    }

    @Test
    void where_the_server_refused_before_work() throws IOException {
      first(response(503, "", SOON, HeaderNames.REFUSED + ": overloaded"));
      try (Response response = calls.execute(root, with("POST"))) {
        assertThat(response.code()).isEqualTo(200);
      }
    }

    @Test
    void not_where_a_refusal_leaves_open_what_was_done() throws IOException {
      first(response(503, "", SOON));
      try (Response response = calls.execute(root, with("POST"))) {
        assertThat(response.code()).isEqualTo(503);
      }
    }

    @Test
    void without_blocking() throws IOException {
      first(response(500, "bad", SOON));
      try (Response response = calls.executeAsync(root, with("GET")).toCompletableFuture().join()) {
        assertThat(response.body().string()).isEqualTo("good");
      }
    }
  }

  @Test
  void a_hedge_wins_and_the_slow_attempt_is_broken_off() throws IOException {
    serve(
        request -> {
          if (served.incrementAndGet() == 1) {
            request.awaitLeft();
          }
          request.send(response(200, "quick"));
        });
    OkHttpCalls hedged =
        OkHttpCalls.builder("s", http).preset(p -> p.hedge(h -> h.delay(ofMillis(50)))).build();
    try (Response response = hedged.execute(root, to("/").build())) {
      assertThat(response.body().string()).isEqualTo("quick");
    }
    assertServerSawItLeave();
  }

  @Test
  void a_cancel_message_is_sent_where_asked_for() throws IOException {
    serve(
        request -> {
          if (request.path.equals(CancelMessage.PATH)) {
            request.send(response(202, ""));
          } else {
            request.awaitLeft();
          }
        });
    OkHttpCalls polite =
        OkHttpCalls.builder("s", http).preset(p -> p.withoutHedge()).cancelMessages().build();
    try (CancellableContext ctx = root.withCancel()) {
      polite.executeAsync(ctx, to("/slow?token=secret").build());
      await().until(() -> server.requests().size() == 1);
      ctx.cancel(CancelReason.USER);
    }
    await().until(() -> server.requests().size() == 2);
    RawServer.Request message = server.request(2);
    assertThat(message.method).isEqualTo("POST");
    assertThat(message.path).isEqualTo(CancelMessage.PATH);
    assertThat(CancelMessage.read(message.header(HeaderNames.CANCEL_ID)))
        .isNotNull()
        .isEqualTo(server.request(1).header(HeaderNames.CANCEL_ID));
  }

  @Test
  void the_load_of_a_server_is_told_and_its_time_is_taken_off_the_networks() throws IOException {
    List<String> loads = new CopyOnWriteArrayList<>();
    String load = HeaderNames.SERVER_LOAD + ": in-flight=7, latency=8, took=0.001";
    serve(request -> request.send(response(200, "", load)));
    OkHttpCalls told =
        OkHttpCalls.builder("s", http)
            .preset(p -> p.withoutHedge())
            .onLoad(
                (uri, heard) -> {
                  loads.add(uri.getPath() + " " + heard.inFlight());
                  throw new IllegalStateException("a listener that throws harms nobody");
                })
            .build();
    told.execute(root, to("/quotes").build()).close();
    assertThat(loads).containsExactly("/quotes 7");
    assertThat(told.times().allowance()).isPositive();
  }

  /** Nobody has the response of a call whose future was cancelled: it is closed. */
  @Test
  void a_response_that_comes_when_the_future_was_cancelled_is_closed() throws IOException {
    CompletableFuture<CompletableFuture<?>> sent = new CompletableFuture<>();
    serve(
        request -> {
          sent.join(); // an answer that is there at once cannot be cancelled
          request.send(HALF).awaitLeft();
        });
    OkHttpCalls late =
        OkHttpCalls.builder("s", http)
            .preset(
                p ->
                    p.withoutHedge()
                        .listener(
                            event -> {
                              if (event instanceof PolicyEvent.CallCompleted) {
                                sent.join().cancel(true);
                              }
                            }))
            .build();
    sent.complete(late.executeAsync(root, to("/").build()).toCompletableFuture());
    assertServerSawItLeave();
    assertThat(sent.join()).isCancelled();
  }

  @Test
  void what_has_too_little_time_left_is_not_sent() throws IOException {
    serve(request -> request.send(response(200, "")));
    for (int i = 0; i < 32; i++) {
      calls.times().answered(root, ofSeconds(40), null);
    }
    try (CancellableContext ctx = root.withTimeout(ofSeconds(30))) {
      assertThatExceptionOfType(NoTimeLeftException.class)
          .isThrownBy(() -> calls.execute(ctx, to("/").build()));
    }
    assertThat(server.connections()).isZero();
  }

  @Nested
  class An_interceptor {

    private final OkHttpClient intercepted =
        http.newBuilder().addInterceptor(ContextInterceptor.of(Propagation.of("orders"))).build();

    @Test
    void writes_the_headers_of_the_context_in_the_request() throws IOException {
      serve(request -> request.send(response(200, "good")));
      Context ctx = RequestInfo.builder().requestId("r-1").build().in(root);
      Request request = to("/").tag(Context.class, ctx).build();
      try (Response response = intercepted.newCall(request).execute()) {
        assertThat(response.body().string()).isEqualTo("good");
      }
      assertThat(server.request(1).header(HeaderNames.REQUEST_ID)).isEqualTo("r-1");
    }

    @Test
    void cancels_the_call_with_the_context() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(RawServer.Request::awaitLeft);
            Resilience plain = Resilience.of();
            try (CancellableContext ctx = root.withTimeout(limit)) {
              assertThatExceptionOfType(DeadlineExceededException.class)
                  .isThrownBy(
                      () ->
                          plain.call(
                              ctx,
                              c ->
                                  intercepted
                                      .newCall(to("/").tag(Context.class, c).build())
                                      .execute()));
            }
            assertServerSawItLeave();
          });
    }

    @Test
    void measures_the_times_of_calls() throws IOException {
      serve(request -> request.send(response(200, "good")));
      CallTimes times = CallTimes.ofDefaults();
      OkHttpClient measured =
          http.newBuilder()
              .addInterceptor(ContextInterceptor.of(Propagation.of("orders"), times))
              .build();
      Request request = to("/").tag(Context.class, root).build();
      for (int i = 0; i < 8; i++) {
        measured.newCall(request).execute().close();
      }
      assertThat(times.usual()).isPositive();
    }

    @Test
    void leaves_requests_without_a_context_alone() throws IOException {
      serve(request -> request.send(response(200, "good")));
      try (Response response = intercepted.newCall(to("/").build()).execute()) {
        assertThat(response.code()).isEqualTo(200);
      }
      assertThat(server.request(1).header(HeaderNames.ATTEMPT)).isNull();
    }
  }
}
