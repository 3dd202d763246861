package dev.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.resilience.context.Context;
import java.io.IOException;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that a server of HTTP/2 refuses or resets (RFC 9113, sections 7 and 8.7). */
@Timeout(60)
class Http2Test {

  private static final int STREAMS = 2;

  private final Context root = Context.background();
  private final ResilientHttpClient client =
      ResilientHttpClient.builder("s")
          .preset(p -> p.withoutHedge().breaker(b -> b.consecutiveFailures(1)))
          .build();
  private Http2Server server;

  @BeforeEach
  void start() throws Exception {
    server = new Http2Server(STREAMS);
    assertThat(send("GET", "/").version()).isEqualTo(Version.HTTP_2);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private HttpResponse<String> send(String method, String path) throws IOException {
    return client.send(
        root,
        HttpRequest.newBuilder(server.uri(path)).method(method, BodyPublishers.noBody()).build(),
        headers -> {
          if (path.startsWith("/late")) {
            server.answered.countDown();
          }
          return BodyHandlers.ofString().apply(headers);
        });
  }

  private ConnectionFailure kindOf(String method, String path) {
    Throwable failure = catchThrowable(() -> send(method, path));
    assertThat(failure).isInstanceOf(HttpConnectionException.class);
    return ((HttpConnectionException) failure).kind();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void a_refused_stream_was_not_processed_and_is_tried_again_whatever_the_method(String method)
      throws IOException {
    assertThat(send(method, "/reset-7/ok").statusCode()).isEqualTo(200);
    assertThat(server.seen).containsExactly("/", "/reset-7/ok", "/reset-7/ok");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void one_that_is_always_refused_is_no_mark_against_the_server(String method) throws IOException {
    assertThat(kindOf(method, "/reset-7".repeat(40))).isEqualTo(ConnectionFailure.NOT_PROCESSED);
    assertThat(client.snapshot().refused()).isGreaterThan(2);
    assertThat(client.snapshot().failures(ConnectionFailure.NOT_PROCESSED))
        .isEqualTo(client.snapshot().refused());
    assertThat(send(method, "/").statusCode()).as("the circuit is closed").isEqualTo(200);
  }

  /**
   * As of 24 the JDK knows from a GOAWAY what was not processed, and sends that again by itself.
   */
  @Test
  void a_connection_that_is_given_up_is_replaced_where_the_method_is_idempotent()
      throws IOException {
    ResilientHttpClient patient =
        ResilientHttpClient.builder("s").preset(p -> p.withoutHedge()).build();
    HttpRequest get = HttpRequest.newBuilder(server.uri("/goaway-0/ok")).build();
    assertThat(patient.send(root, get, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    assertThat(server.seen).containsExactly("/", "/goaway-0/ok", "/goaway-0/ok");
  }

  @Test
  void what_a_given_up_connection_may_have_processed_is_not_sent_again() {
    ConnectionFailure kind = kindOf("POST", "/goaway-0".repeat(40));
    assertThat(kind).isIn(ConnectionFailure.CLOSED, ConnectionFailure.NOT_PROCESSED);
    if (!kind.isNeverSent()) {
      assertThat(server.seen).as("sent once").hasSize(2);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "NO_ERROR, 0",
    "PROTOCOL_ERROR, 1",
    "INTERNAL_ERROR, 2",
    "CANCEL, 8",
    "ENHANCE_YOUR_CALM, 11"
  })
  void a_reset_is_a_failure_and_the_work_may_have_been_done(String error, int code) {
    assertThat(kindOf("POST", "/reset-" + code)).as(error).isEqualTo(ConnectionFailure.RESET);
    assertThat(server.seen).as("sent once").hasSize(2);
    assertThat(catchThrowable(() -> send("GET", "/")))
        .as("and a mark against the server")
        .isInstanceOf(dev.resilience.error.CircuitOpenException.class);
  }

  /**
   * Not with REFUSED_STREAM, which contradicts an answer that has begun: what the JDK makes of that
   * as of 24 depends on which of the two it sees first.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 8})
  void a_stream_that_breaks_in_its_body_was_processed(int code) {
    assertThat(kindOf("POST", "/late-" + code)).isEqualTo(ConnectionFailure.BROKEN_BODY);
    assertThat(server.seen).as("sent once").hasSize(2);
  }

  /** The JDK's client does not wait for a stream: it fails at once, and nothing is sent. */
  @Test
  void more_streams_than_the_server_allows_are_tried_again_and_no_mark_against_it()
      throws IOException {
    List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      HttpRequest hold = HttpRequest.newBuilder(server.uri("/hold/hold")).build();
      held.add(client.sendAsync(root, hold, BodyHandlers.ofString()).toCompletableFuture());
    }
    await().until(() -> server.seen.size() == 1 + STREAMS);
    assertThat(kindOf("POST", "/more")).isEqualTo(ConnectionFailure.TOO_MANY_STREAMS);
    assertThat(client.snapshot().failures(ConnectionFailure.TOO_MANY_STREAMS)).isGreaterThan(2);
    server.gate.countDown();
    assertThat(held).allSatisfy(each -> assertThat(each.join().statusCode()).isEqualTo(200));
    assertThat(send("POST", "/").statusCode()).as("the circuit is closed").isEqualTo(200);
    assertThat(server.seen).doesNotContain("/more");
  }
}
