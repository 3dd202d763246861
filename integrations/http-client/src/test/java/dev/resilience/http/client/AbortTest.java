package dev.resilience.http.client;

import static dev.resilience.http.client.RawServer.response;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.HeaderNames;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The exchange ends with its context, the body included, and the server can see it. */
@Timeout(60)
class AbortTest {

  private static final String HALF =
      "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nthe first part";

  private RawServer server;
  private final ResilientHttpClient client =
      ResilientHttpClient.builder("s").preset(p -> p.withoutRetry().withoutHedge()).build();
  private final Context root = Context.background();

  @AfterEach
  void close() throws IOException {
    server.close();
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

  private HttpRequest get() {
    return get(server.uri("/"));
  }

  private static HttpRequest get(URI uri) {
    return HttpRequest.newBuilder(uri).build();
  }

  private void assertServerSawItLeave(int request) {
    await().atMost(5, TimeUnit.SECONDS).until(() -> server.requests().size() >= request);
    assertThat(server.request(request).left).succeedsWithin(Duration.ofSeconds(20));
  }

  @Nested
  class Before_the_response {

    @Test
    void by_a_deadline() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(RawServer.Request::awaitLeft);
            try (CancellableContext ctx = root.withTimeout(limit)) {
              assertThatExceptionOfType(DeadlineExceededException.class)
                  .isThrownBy(() -> client.send(ctx, get(), BodyHandlers.ofString()))
                  .withMessageMatching(
                      "GET http://127\\.0\\.0\\.1:\\d+/: the caller's deadline has passed, after .*"
                          + "before the response began");
            }
            assertServerSawItLeave(1);
            assertThat(client.snapshot().aborted()).isPositive();
          });
    }

    @Test
    void by_hand() throws IOException {
      serve(RawServer.Request::awaitLeft);
      try (CancellableContext ctx = root.withCancel()) {
        CompletableFuture<Throwable> thrown =
            CompletableFuture.supplyAsync(
                () -> catchThrowable(() -> client.send(ctx, get(), BodyHandlers.ofString())));
        await().until(() -> server.requests().size() == 1);
        ctx.cancel(CancelReason.USER);
        assertThat(thrown.join()).isInstanceOf(ContextCancelledException.class);
      }
      assertServerSawItLeave(1);
    }

    @Test
    void by_an_interrupt_from_outside() throws IOException {
      serve(RawServer.Request::awaitLeft);
      Thread[] caller = new Thread[1];
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      caller[0] =
          new Thread(
              () ->
                  thrown.complete(
                      catchThrowable(() -> client.send(root, get(), BodyHandlers.ofString()))));
      caller[0].start();
      await().until(() -> server.requests().size() == 1);
      caller[0].interrupt();
      assertThat(thrown.join()).isInstanceOf(CallInterruptedException.class);
      assertServerSawItLeave(1);
    }

    @Test
    void without_blocking() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(RawServer.Request::awaitLeft);
            try (CancellableContext ctx = root.withTimeout(limit)) {
              CompletionStage<HttpResponse<String>> sent =
                  client.sendAsync(ctx, get(), BodyHandlers.ofString());
              assertThat(sent.toCompletableFuture())
                  .failsWithin(Duration.ofSeconds(20))
                  .withThrowableThat()
                  .withCauseInstanceOf(DeadlineExceededException.class);
            }
            assertServerSawItLeave(1);
          });
    }

    @Test
    void by_cancelling_the_future() throws IOException {
      serve(RawServer.Request::awaitLeft);
      CompletionStage<HttpResponse<String>> sent =
          client.sendAsync(root, get(), BodyHandlers.ofString());
      await().until(() -> server.requests().size() == 1);
      sent.toCompletableFuture().cancel(true);
      assertServerSawItLeave(1);
    }
  }

  /** JDK-8258397: the timer of the JDK's client stops when the headers are there. */
  @Nested
  class In_a_body_that_stalls {

    @Test
    void by_a_deadline_and_the_connection_is_not_used_again() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(
                request -> {
                  if (request.path.equals("/well")) {
                    request.send(response(200, "well"));
                  } else {
                    request.send(HALF).awaitLeft();
                  }
                });
            client.send(root, get(server.uri("/well")), BodyHandlers.ofString());
            try (CancellableContext ctx = root.withTimeout(limit)) {
              assertThatExceptionOfType(DeadlineExceededException.class)
                  .isThrownBy(() -> client.send(ctx, get(), BodyHandlers.ofString()))
                  .withMessageContaining("while the body was read");
            }
            assertServerSawItLeave(2);
            assertThat(server.request(2).connection).as("kept alive").isEqualTo(1);

            HttpResponse<String> next =
                client.send(root, get(server.uri("/well")), BodyHandlers.ofString());
            assertThat(next.body()).isEqualTo("well");
            assertThat(server.request(3).connection).as("a new one").isEqualTo(2);
          });
    }

    @Test
    void while_it_is_streamed_after_the_response_was_returned() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(request -> request.send(HALF).awaitLeft());
            try (CancellableContext ctx = root.withTimeout(limit)) {
              InputStream body = client.fetch(ctx, get(), BodyHandlers.ofInputStream());
              assertThat(new String(body.readNBytes(14), StandardCharsets.US_ASCII))
                  .isEqualTo("the first part");
              assertThatExceptionOfType(IOException.class).isThrownBy(body::read);
            }
            assertServerSawItLeave(1);
          });
    }

    @Test
    void that_is_streamed_by_hand() throws IOException {
      serve(request -> request.send(HALF).awaitLeft());
      try (CancellableContext ctx = root.withCancel()) {
        InputStream body = client.fetch(ctx, get(), BodyHandlers.ofInputStream());
        body.readNBytes(14);
        ctx.cancel(CancelReason.USER);
        assertThatExceptionOfType(IOException.class).isThrownBy(body::read);
      }
      assertServerSawItLeave(1);
    }

    @Test
    void by_the_time_out_of_the_request() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(request -> request.send(HALF).awaitLeft());
            HttpRequest impatient = HttpRequest.newBuilder(server.uri("/")).timeout(limit).build();
            assertThatExceptionOfType(AttemptTimeoutException.class)
                .isThrownBy(() -> client.send(root, impatient, BodyHandlers.ofString()))
                .withMessageContaining("time-out of the request");
            assertServerSawItLeave(1);
          });
    }

    @Test
    void streamed_by_the_time_out_of_the_request() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(request -> request.send(HALF).awaitLeft());
            HttpRequest impatient = HttpRequest.newBuilder(server.uri("/")).timeout(limit).build();
            InputStream body = client.fetch(root, impatient, BodyHandlers.ofInputStream());
            body.readNBytes(14);
            assertThatExceptionOfType(IOException.class).isThrownBy(body::read);
            assertServerSawItLeave(1);
          });
    }

    @Test
    void that_is_too_long() throws IOException {
      serve(
          request -> {
            request.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            try {
              while (true) {
                request.send("400\r\n" + "x".repeat(1024) + "\r\n");
              }
            } finally {
              request.left.complete(System.nanoTime());
            }
          });
      ResilientHttpClient careful =
          ResilientHttpClient.builder("s")
              .preset(p -> p.withoutRetry().withoutHedge())
              .maxBodySize(10_000)
              .build();
      assertThatExceptionOfType(HttpConnectionException.class)
          .isThrownBy(() -> careful.send(root, get(), BodyHandlers.ofString()))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(ConnectionFailure.BODY_TOO_LARGE));
      assertServerSawItLeave(1);
    }
  }

  /** A17: two limits at once; the smaller wins and the error says which. */
  @Nested
  class By_the_limit_that_is_smaller {

    private ResilientHttpClient limited(Duration timeout) {
      return ResilientHttpClient.builder("quotes")
          .preset(p -> p.withoutRetry().withoutHedge())
          .timeout(timeout)
          .build();
    }

    @Test
    void the_clients() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(RawServer.Request::awaitLeft);
            try (CancellableContext ctx = root.withTimeout(ofSeconds(60))) {
              assertThatExceptionOfType(AttemptTimeoutException.class)
                  .isThrownBy(() -> limited(limit).send(ctx, get(), BodyHandlers.ofString()))
                  .withMessageContaining("time-out of client 'quotes'");
            }
            assertServerSawItLeave(1);
          });
    }

    @Test
    void the_callers() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(RawServer.Request::awaitLeft);
            try (CancellableContext ctx = root.withTimeout(limit)) {
              assertThatExceptionOfType(DeadlineExceededException.class)
                  .isThrownBy(
                      () -> limited(ofSeconds(60)).send(ctx, get(), BodyHandlers.ofString()))
                  .withMessageContaining("the caller's deadline has passed")
                  .withMessageContaining("the time-out of client 'quotes' is 60 s");
            }
            assertServerSawItLeave(1);
          });
    }

    @Test
    void the_clients_while_the_body_is_streamed() throws IOException {
      withGrowingLimit(
          limit -> {
            serve(request -> request.send(HALF).awaitLeft());
            InputStream body = limited(limit).fetch(root, get(), BodyHandlers.ofInputStream());
            body.readNBytes(14);
            assertThatExceptionOfType(IOException.class).isThrownBy(body::read);
            assertServerSawItLeave(1);
          });
    }
  }

  @Test
  void a_stream_that_was_read_to_its_end_keeps_its_connection() throws IOException {
    serve(request -> request.send(response(200, "all")));
    try (CancellableContext ctx = root.withTimeout(ofSeconds(60))) {
      try (InputStream body = client.fetch(ctx, get(), BodyHandlers.ofInputStream())) {
        assertThat(body.readAllBytes()).hasSize(3);
      }
      assertThat(client.fetch(ctx, get(), BodyHandlers.ofString())).isEqualTo("all");
    }
    assertThat(server.connections()).isOne();
    assertThat(client.snapshot().aborted()).isZero();
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
    ResilientHttpClient polite =
        ResilientHttpClient.builder("s")
            .preset(p -> p.withoutRetry().withoutHedge())
            .cancelMessages()
            .build();
    try (CancellableContext ctx = root.withCancel()) {
      polite.sendAsync(ctx, get(), BodyHandlers.ofString());
      await().atMost(20, TimeUnit.SECONDS).until(() -> server.requests().size() == 1);
      ctx.cancel(CancelReason.USER);
    }
    await().atMost(20, TimeUnit.SECONDS).until(() -> server.requests().size() == 2);
    RawServer.Request message = server.request(2);
    assertThat(message.method).isEqualTo("POST");
    assertThat(message.path).isEqualTo(CancelMessage.PATH);
    assertThat(CancelMessage.read(message.header(HeaderNames.CANCEL_ID)))
        .isNotNull()
        .isEqualTo(server.request(1).header(HeaderNames.CANCEL_ID));
  }
}
