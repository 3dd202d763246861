package dev.resilience.http.client;

import static dev.resilience.http.client.RawServer.response;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.Propagation;
import dev.resilience.propagation.ReportedLoad;
import dev.resilience.retry.Backoff;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is tried again, and what each attempt is. */
@Timeout(60)
class AttemptsTest {

  private static final String[] SOON = {"x-amz-retry-after: 5"};

  private RawServer server;
  private final AtomicInteger served = new AtomicInteger();
  private final ResilientHttpClient client =
      ResilientHttpClient.builder("s").preset(p -> p.withoutHedge()).build();
  private final Context root = Context.background();

  @AfterEach
  void close() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  /** A server that answers first with this and then with 200. */
  private void first(String response) throws IOException {
    server =
        new RawServer(
            request ->
                request.send(served.incrementAndGet() == 1 ? response : response(200, "good")));
  }

  private HttpResponse<String> send(String method) throws IOException {
    return send(
        HttpRequest.newBuilder(server.uri("/"))
            .method(method, BodyPublishers.ofString("the body"))
            .build());
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException {
    return client.send(root, request, BodyHandlers.ofString());
  }

  @Nested
  class Are_made {

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
    void again_of_idempotent_methods(String method) throws IOException {
      first(response(500, "", SOON));
      assertThat(send(method).statusCode()).isEqualTo(200);
      assertThat(served).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PATCH"})
    void once_of_others_where_the_work_may_have_been_done(String method) throws IOException {
      first(response(500, "", SOON));
      assertThat(send(method).statusCode()).isEqualTo(500);
      first(response(503, ""));
      served.set(0);
      assertThat(send(method).statusCode()).as("a 503 that says nothing").isEqualTo(503);
      assertThat(served).hasValue(1);
    }

    @ParameterizedTest
    @CsvSource({"POST,503,true", "POST,429,false", "POST,500,true", "PATCH,503,true"})
    void again_of_all_methods_where_the_server_refused_before_work(
        String method, int status, boolean isMarked) throws IOException {
      first(
          isMarked
              ? response(status, "", SOON[0], HeaderNames.REFUSED + ": overloaded")
              : response(status, "", SOON));
      assertThat(send(method).statusCode()).isEqualTo(200);
      assertThat(served).hasValue(2);
      assertThat(client.snapshot().refused()).isOne();
    }

    @Test
    void once_where_a_refusal_leaves_open_what_was_done() throws IOException {
      first(response(503, "", SOON));
      assertThat(send("POST").statusCode()).isEqualTo(503);
      assertThat(served).hasValue(1);

      served.set(0);
      first(response(503, "", SOON));
      assertThat(send("PUT").statusCode()).isEqualTo(200);
      assertThat(served).hasValue(2);
    }

    @Test
    void again_of_all_methods_where_the_server_has_not_seen_the_request() throws IOException {
      HttpRequest post =
          HttpRequest.newBuilder(RawServer.deserted()).POST(BodyPublishers.noBody()).build();
      assertThat(catchThrowable(() -> send(post))).isInstanceOf(HttpConnectionException.class);
      assertThat(client.snapshot().attempts()).isEqualTo(3);
    }

    @Test
    void once_of_others_where_the_connection_broke() throws IOException {
      server = new RawServer(RawServer.Request::close);
      assertThat(catchThrowable(() -> send("POST"))).isInstanceOf(HttpConnectionException.class);
      assertThat(client.snapshot().attempts()).isOne();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 409})
    void once_where_it_is_the_clients_fault(int status) throws IOException {
      first(response(status, ""));
      assertThat(send("GET").statusCode()).isEqualTo(status);
    }

    @Test
    void in_vain_and_the_last_response_is_returned() throws IOException {
      server =
          new RawServer(
              request -> request.send(response(502, "no. " + served.incrementAndGet(), SOON)));
      HttpResponse<String> last = send("GET");
      assertThat(last.statusCode()).isEqualTo(502);
      assertThat(last.body()).isEqualTo("no. 3");
    }

    @Test
    void without_blocking() throws IOException {
      first(response(500, "", SOON));
      CompletableFuture<HttpResponse<String>> sent =
          client
              .sendAsync(
                  root, HttpRequest.newBuilder(server.uri("/")).build(), BodyHandlers.ofString())
              .toCompletableFuture();
      assertThat(sent).succeedsWithin(Duration.ofSeconds(20));
      assertThat(sent.join().body()).isEqualTo("good");
    }

    @Test
    void of_all_methods_behind_one_circuit() throws IOException {
      server = new RawServer(request -> request.send(response(500, "")));
      ResilientHttpClient brittle =
          ResilientHttpClient.builder("s")
              .preset(p -> p.withoutRetry().withoutHedge().breaker(b -> b.consecutiveFailures(2)))
              .build();
      HttpRequest get = HttpRequest.newBuilder(server.uri("/")).build();
      HttpRequest post =
          HttpRequest.newBuilder(server.uri("/")).POST(BodyPublishers.noBody()).build();
      brittle.send(root, get, BodyHandlers.ofString());
      brittle.send(root, post, BodyHandlers.ofString());
      assertThatExceptionOfType(dev.resilience.error.CircuitOpenException.class)
          .isThrownBy(() -> brittle.send(root, get, BodyHandlers.ofString()));
    }
  }

  @Nested
  class Have_each {

    @Test
    void the_whole_body() throws IOException {
      first(response(500, "", SOON));
      send("PUT");
      assertThat(server.requests()).extracting(r -> r.body).containsOnly("the body");
    }

    @Test
    void a_body_of_its_own_where_it_can_be_read_once_only() throws IOException {
      first(response(500, "", SOON));
      URI uri = server.uri("/");
      HttpResponse<String> response =
          client.send(
              root,
              ctx -> {
                ByteArrayInputStream once =
                    new ByteArrayInputStream("once".getBytes(StandardCharsets.US_ASCII));
                return HttpRequest.newBuilder(uri)
                    .PUT(BodyPublishers.ofInputStream(() -> once))
                    .build();
              },
              BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(server.requests()).extracting(r -> r.body).containsExactly("once", "once");
    }

    @Test
    void the_headers_of_its_own_moment() throws IOException {
      first(response(503, "", "x-amz-retry-after: 50"));
      Propagation wire = Propagation.builder("orders").dependencies(Boundary.inside()).build();
      ResilientHttpClient inside =
          ResilientHttpClient.builder("s").propagation(wire).preset(p -> p.withoutHedge()).build();
      try (CancellableContext ctx =
          RequestInfo.builder()
              .requestId("r-1")
              .userId("u-1")
              .build()
              .in(root)
              .withTimeout(ofSeconds(30))) {
        inside.send(ctx, HttpRequest.newBuilder(server.uri("/")).build(), BodyHandlers.ofString());
      }
      assertThat(server.requests()).hasSize(2);
      assertThat(server.requests())
          .extracting(r -> r.header(HeaderNames.ATTEMPT))
          .containsExactly("1", "2");
      assertThat(server.requests())
          .allSatisfy(
              r -> {
                assertThat(r.header(HeaderNames.REQUEST_ID)).isEqualTo("r-1");
                assertThat(r.header(HeaderNames.USER_ID)).isEqualTo("u-1");
                assertThat(r.header(HeaderNames.SERVICE_PATH)).isEqualTo("orders");
              });
      List<Long> left =
          server.requests().stream()
              .map(r -> Long.valueOf(r.header(HeaderNames.TIMEOUT_MS)))
              .toList();
      assertThat(left.get(0)).isLessThanOrEqualTo(30_000);
      assertThat(left.get(1)).isLessThanOrEqualTo(left.get(0) - 50);
    }

    @Test
    void time_enough_or_it_is_not_sent() throws IOException {
      server = new RawServer(request -> request.send(response(200, "")));
      for (int i = 0; i < 32; i++) {
        client.times().answered(root, ofSeconds(40), null);
      }
      try (CancellableContext ctx = root.withTimeout(ofSeconds(30))) {
        HttpRequest get = HttpRequest.newBuilder(server.uri("/")).build();
        assertThatExceptionOfType(NoTimeLeftException.class)
            .isThrownBy(() -> client.send(ctx, get, BodyHandlers.ofString()));
      }
      assertThat(server.connections()).isZero();
    }
  }

  /** What failed is over: to end it with the call is not to break it off. */
  @Test
  void that_failed_are_not_broken_off_later() throws IOException {
    server =
        new RawServer(
            request -> {
              if (served.incrementAndGet() == 1) {
                request.close();
              }
              request.send(response(200, "good"));
            });
    ResilientHttpClient polite =
        ResilientHttpClient.builder("s")
            .preset(
                p ->
                    p.withoutHedge()
                        .withoutBreaker()
                        .retry(r -> r.backoff(Backoff.constant(ofMillis(30)))))
            .cancelMessages()
            .build();
    for (int i = 0; i < 8; i++) { // so many that what is usual is known
      served.set(0);
      HttpRequest put =
          HttpRequest.newBuilder(server.uri("/")).PUT(BodyPublishers.noBody()).build();
      assertThat(polite.send(root, put, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }
    assertThat(polite.snapshot().attempts()).isEqualTo(16);
    assertThat(polite.snapshot().aborted()).isZero();
    assertThat(polite.snapshot().cancelMessages()).isZero();
    assertThat(server.requests()).extracting(r -> r.method).containsOnly("PUT");
  }

  /** Nobody has the response of a call whose future was cancelled: its body is ended. */
  @Test
  void a_response_that_comes_when_the_future_was_cancelled_is_ended() throws IOException {
    CompletableFuture<CompletableFuture<?>> sent = new CompletableFuture<>();
    server =
        new RawServer(
            request -> {
              sent.join(); // an answer that is there at once cannot be cancelled
              request.send("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\npart");
              request.awaitLeft();
            });
    ResilientHttpClient late =
        ResilientHttpClient.builder("s")
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
    HttpRequest get = HttpRequest.newBuilder(server.uri("/")).build();
    sent.complete(late.sendAsync(root, get, BodyHandlers.ofInputStream()).toCompletableFuture());
    await().until(() -> sent.join().isCancelled());
    await().until(() -> server.requests().size() == 1);
    assertThat(server.request(1).left).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void a_factory_that_throws_fails_the_stage() {
    IllegalStateException broken = new IllegalStateException("no request");
    CompletableFuture<HttpResponse<String>> sent =
        client
            .sendAsync(
                root,
                ctx -> {
                  throw broken;
                },
                BodyHandlers.ofString())
            .toCompletableFuture();
    assertThat(sent)
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableThat()
        .havingCause()
        .isSameAs(broken);
  }

  @Test
  void a_hedge_wins_and_the_slow_attempt_is_broken_off() throws IOException {
    server =
        new RawServer(
            request -> {
              if (served.incrementAndGet() == 1) {
                request.awaitLeft();
              }
              request.send(response(200, "quick"));
            });
    ResilientHttpClient hedged =
        ResilientHttpClient.builder("s").preset(p -> p.hedge(h -> h.delay(ofMillis(50)))).build();
    HttpResponse<String> response =
        hedged.send(root, HttpRequest.newBuilder(server.uri("/")).build(), BodyHandlers.ofString());
    assertThat(response.body()).isEqualTo("quick");
    assertThat(server.request(1).left).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void the_load_of_a_server_is_told_and_its_time_is_taken_off_the_networks() throws IOException {
    List<ReportedLoad> loads = new CopyOnWriteArrayList<>();
    server =
        new RawServer(
            request ->
                request.send(
                    response(
                        200,
                        "",
                        HeaderNames.SERVER_LOAD + ": in-flight=7, latency=8, took=0.001")));
    ResilientHttpClient told =
        ResilientHttpClient.builder("s")
            .preset(p -> p.withoutHedge())
            .onLoad(
                (uri, load) -> {
                  loads.add(load);
                  throw new IllegalStateException("a listener that throws harms nobody");
                })
            .build();
    told.send(root, HttpRequest.newBuilder(server.uri("/")).build(), BodyHandlers.ofString());
    assertThat(loads).hasSize(1);
    assertThat(loads.get(0).inFlight()).isEqualTo(7);
    assertThat(told.times().allowance()).isPositive();
  }

  @Nested
  class Of_many {

    private List<HttpRequest> requests(String... paths) {
      List<HttpRequest> requests = new ArrayList<>();
      for (String path : paths) {
        requests.add(HttpRequest.newBuilder(server.uri(path)).build());
      }
      return requests;
    }

    @Test
    void requests_the_results_are_in_the_order_of_the_input() throws IOException {
      CompletableFuture<Void> quickAnswered = new CompletableFuture<>();
      server =
          new RawServer(
              request -> {
                switch (request.path) {
                  case "/slow" -> {
                    quickAnswered.join();
                    request.send(response(200, "slow"));
                  }
                  case "/broken" -> request.close();
                  default -> {
                    request.send(response(200, "quick"));
                    quickAnswered.complete(null);
                  }
                }
              });
      ResilientHttpClient plain =
          ResilientHttpClient.builder("s").preset(p -> p.withoutRetry().withoutHedge()).build();
      List<HttpResult<String>> results =
          plain.sendAll(root, requests("/slow", "/broken", "/quick"), BodyHandlers.ofString());
      assertThat(results).hasSize(3);
      assertThat(results.get(0).response().orElseThrow().body()).isEqualTo("slow");
      assertThat(results.get(1).failure().orElseThrow())
          .isInstanceOf(HttpConnectionException.class);
      assertThat(results.get(2).response().orElseThrow().body()).isEqualTo("quick");
    }

    @Test
    void requests_all_end_with_the_context() throws IOException {
      server = new RawServer(RawServer.Request::awaitLeft);
      try (CancellableContext ctx = root.withTimeout(ofSeconds(2))) {
        List<HttpResult<String>> results =
            client.sendAll(ctx, requests("/1", "/2", "/3"), BodyHandlers.ofString());
        assertThat(results).allSatisfy(result -> assertThat(result.failure()).isPresent());
      }
      assertThat(server.requests())
          .allSatisfy(request -> assertThat(request.left).succeedsWithin(Duration.ofSeconds(20)));
    }

    @Test
    void the_first_success_wins_and_the_others_are_broken_off() throws IOException {
      server =
          new RawServer(
              request -> {
                switch (request.path) {
                  case "/bad" -> request.send(response(404, ""));
                  case "/good" -> {
                    await().until(() -> server.requests().size() == 3);
                    request.send(response(200, "good"));
                  }
                  default -> request.awaitLeft();
                }
              });
      HttpResponse<String> winner =
          client.firstSuccess(root, requests("/bad", "/hangs", "/good"), BodyHandlers.ofString());
      assertThat(winner.body()).isEqualTo("good");
      assertThat(server.requests())
          .filteredOn(request -> request.path.equals("/hangs"))
          .allSatisfy(request -> assertThat(request.left).succeedsWithin(Duration.ofSeconds(20)));
    }

    @Test
    void that_all_fail_the_last_failure_has_the_others_suppressed() throws IOException {
      server = new RawServer(request -> request.send(response(404, "")));
      assertThatExceptionOfType(HttpStatusException.class)
          .isThrownBy(
              () -> client.firstSuccess(root, requests("/1", "/2"), BodyHandlers.ofString()))
          .satisfies(
              failure -> {
                assertThat(failure.status()).isEqualTo(404);
                assertThat(failure.getSuppressed()).hasSize(1);
              });
    }
  }

  @Test
  void a_streamed_response_that_was_tried_again_is_ended() throws IOException {
    server =
        new RawServer(
            request -> {
              if (served.incrementAndGet() == 1) {
                request.send(
                    "HTTP/1.1 500 x\r\nx-amz-retry-after: 5\r\nContent-Length: 9999\r\n\r\nbad");
                request.awaitLeft();
              }
              request.send(response(200, "good"));
            });
    HttpRequest get = HttpRequest.newBuilder(server.uri("/")).build();
    try (var body = client.fetch(root, get, BodyHandlers.ofInputStream())) {
      assertThat(body.readAllBytes()).asString().isEqualTo("good");
    }
    await().atMost(20, TimeUnit.SECONDS).until(() -> server.request(1).left.isDone());
  }
}
