package dev.resilience.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.http.client.Http2Server;
import java.io.IOException;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that a server of HTTP/2 refuses or resets (RFC 9113, sections 7 and 8.7). */
@Timeout(60)
class Http2Test {

  private final OkHttpClient http =
      new OkHttpClient.Builder().protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE)).build();
  private final OkHttpCalls calls =
      OkHttpCalls.builder("s", http)
          .preset(p -> p.withoutHedge().breaker(b -> b.consecutiveFailures(1)))
          .build();
  private Http2Server server;

  @BeforeEach
  void start() throws Exception {
    server = new Http2Server(10);
    assertThat(statusOf("GET", "/")).isEqualTo(200); // the connection is one that was used before
  }

  @AfterEach
  void close() throws Exception {
    http.dispatcher().executorService().shutdownNow();
    http.connectionPool().evictAll();
    server.close();
  }

  private int statusOf(String method, String path) throws IOException {
    RequestBody body = method.equals("GET") ? null : RequestBody.create(new byte[3]);
    Request request =
        new Request.Builder().url(server.uri(path).toString()).method(method, body).build();
    try (Response response = calls.execute(Context.background(), request)) {
      return response.code();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void a_refused_stream_was_not_processed_and_is_tried_again_whatever_the_method(String method)
      throws IOException {
    assertThat(statusOf(method, "/reset-7/ok")).isEqualTo(200);
    assertThat(statusOf(method, "/goaway-0/ok")).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void one_that_is_always_refused_is_no_mark_against_the_server(String method) throws IOException {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> statusOf(method, "/reset-7".repeat(60)))
        .withMessageContaining("REFUSED_STREAM");
    assertThat(statusOf(method, "/")).as("the circuit is closed").isEqualTo(200);
  }

  /** OkHttp alone would send it twice. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 8, 11})
  void a_reset_is_a_failure_and_what_may_have_been_done_is_not_done_again(int code) {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> statusOf("POST", "/reset-" + code + "/ok"));
    assertThat(server.seen).containsExactly("/", "/reset-" + code + "/ok");
    assertThatExceptionOfType(CircuitOpenException.class)
        .as("and a mark against the server")
        .isThrownBy(() -> statusOf("GET", "/"));
  }
}
