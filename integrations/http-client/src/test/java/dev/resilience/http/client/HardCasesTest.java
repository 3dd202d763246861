package dev.resilience.http.client;

import static dev.resilience.http.client.RawServer.response;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.context.Context;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** RFC 9112, where servers and networks do not respect it. */
@Timeout(60)
class HardCasesTest {

  private final ResilientHttpClient client =
      ResilientHttpClient.builder("s")
          .preset(p -> p.withoutRetry().withoutHedge().withoutBreaker())
          .build();
  private final Context root = Context.background();

  private HttpResponse<String> get(URI uri) throws IOException {
    try (var ctx = root.withTimeout(java.time.Duration.ofSeconds(30))) {
      return client.send(ctx, HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }
  }

  @Nested
  class A_connection_that_breaks {

    private void atEachByte(String whole) throws IOException {
      AtomicInteger cut = new AtomicInteger();
      try (RawServer server =
          new RawServer(
              request -> {
                request.send(whole.substring(0, cut.get()));
                request.close();
              })) {
        for (int at = 0; at < whole.length(); at++) {
          cut.set(at);
          Throwable failure = catchThrowable(() -> get(server.uri("/")));
          assertThat(failure).as("after %s bytes", at).isInstanceOf(HttpConnectionException.class);
          ConnectionFailure kind = ((HttpConnectionException) failure).kind();
          assertThat(kind.isNeverSent()).as("after %s bytes: %s", at, kind).isFalse();
          if (at == 0) {
            assertThat(kind).isEqualTo(ConnectionFailure.CLOSED);
          } else if (at > whole.indexOf("\r\n\r\n") + 4) {
            assertThat(kind).as("after %s bytes", at).isEqualTo(ConnectionFailure.BROKEN_BODY);
          }
        }
        cut.set(whole.length());
        assertThat(get(server.uri("/")).body()).isEqualTo("hello");
      }
    }

    @Test
    void at_each_byte_of_a_body_with_a_length() throws IOException {
      atEachByte(response(200, "hello"));
    }

    @Test
    void at_each_byte_of_a_body_in_chunks() throws IOException {
      atEachByte(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    }

    @Test
    void by_a_reset() throws IOException {
      try (RawServer server = new RawServer(RawServer.Request::reset)) {
        Throwable failure = catchThrowable(() -> get(server.uri("/")));
        assertThat(failure).isInstanceOf(HttpConnectionException.class);
        assertThat(((HttpConnectionException) failure).kind())
            .isIn(ConnectionFailure.RESET, ConnectionFailure.CLOSED);
      }
    }

    @Test
    void before_it_was_made() throws IOException {
      URI deserted = RawServer.deserted();
      Throwable failure = catchThrowable(() -> get(deserted));
      assertThat(failure)
          .isInstanceOf(HttpConnectionException.class)
          .hasMessageContaining(": refused after ");
      ConnectionFailure kind = ((HttpConnectionException) failure).kind();
      assertThat(kind).isEqualTo(ConnectionFailure.REFUSED);
      assertThat(kind.isNeverSent()).isTrue();
      assertThat(client.snapshot().failures(kind)).isOne();
    }

    @Test
    void because_there_is_no_such_host() {
      Throwable failure =
          catchThrowable(() -> get(URI.create("http://no-such-host.invalid/?token=secret")));
      assertThat(failure).isInstanceOf(HttpConnectionException.class);
      assertThat(((HttpConnectionException) failure).kind())
          .isEqualTo(ConnectionFailure.UNKNOWN_HOST);
      assertThat(failure.getMessage()).doesNotContain("secret");
    }

    @Test
    void because_it_is_not_http() throws IOException {
      try (RawServer server =
          new RawServer(
              request -> {
                request.send("220 mail.example.org ESMTP\r\n\r\n");
                request.close();
              })) {
        Throwable failure = catchThrowable(() -> get(server.uri("/")));
        assertThat(failure).isInstanceOf(HttpConnectionException.class);
        assertThat(((HttpConnectionException) failure).kind())
            .isEqualTo(ConnectionFailure.PROTOCOL);
      }
    }
  }

  @Test
  void a_response_that_comes_after_an_interim_one_counts() throws IOException {
    try (RawServer server =
        new RawServer(
            request ->
                request.send("HTTP/1.1 100 Continue\r\n\r\n").send(response(200, "at last")))) {
      assertThat(get(server.uri("/")).body()).isEqualTo("at last");
    }
  }

  @Test
  void redirects_are_not_followed() throws IOException {
    try (RawServer server =
        new RawServer(request -> request.send(response(302, "", "Location: /elsewhere")))) {
      HttpResponse<String> response = get(server.uri("/"));
      assertThat(response.statusCode()).isEqualTo(302);
      assertThat(server.requests()).hasSize(1);
    }
  }

  /** JDKs differ in what they take (jdk.http.maxHeaderSize); none hangs. */
  @Test
  void huge_headers_end_in_a_response_or_in_a_failure() throws IOException {
    try (RawServer server =
        new RawServer(
            request -> {
              request.send("HTTP/1.1 200 OK\r\nX-Huge: ");
              for (int i = 0; i < 1024; i++) {
                request.send("x".repeat(1024));
              }
              request.send("\r\nContent-Length: 2\r\n\r\nok");
            })) {
      try {
        assertThat(get(server.uri("/")).body()).isEqualTo("ok");
      } catch (HttpConnectionException refused) {
        assertThat(refused.kind().isNeverSent()).isFalse();
      }
    }
  }

  @Test
  void a_body_without_a_length_ends_with_the_connection() throws IOException {
    try (RawServer server =
        new RawServer(
            request -> {
              request.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
              request.close();
            })) {
      assertThat(get(server.uri("/")).body()).isEqualTo("all of it");
    }
  }
}
