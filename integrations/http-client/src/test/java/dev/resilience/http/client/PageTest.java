package dev.resilience.http.client;

import static dev.resilience.http.client.RawServer.response;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.Carriers;
import dev.resilience.propagation.Extraction;
import dev.resilience.propagation.HeaderField;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.Propagation;
import dev.resilience.propagation.ReportedLoad;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The blocks of docs/http-client.md and docs/propagation.md. */
@Timeout(60)
class PageTest {

  private final Context parent = Context.background();
  private RawServer origin;
  private URI uri;

  @BeforeEach
  void open() throws IOException {
    origin =
        new RawServer(
            request ->
                request.send(
                    response(200, "42", HeaderNames.SERVER_LOAD + ": in-flight=3, latency=5")));
    uri = origin.uri("/quote");
  }

  @AfterEach
  void close() throws IOException {
    origin.close();
  }

  @Test
  void one_request() throws IOException {
    assertThat(quote()).isEqualTo("42");
  }

  private String quote() throws IOException {
    ResilientHttpClient quotes = ResilientHttpClient.of("quotes");
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    try (CancellableContext ctx = parent.withTimeout(ofSeconds(2))) {
      HttpResponse<String> response = quotes.send(ctx, request, BodyHandlers.ofString());
      return response.body();
    }
  }

  @Test
  void without_blocking() {
    ResilientHttpClient quotes = ResilientHttpClient.of("quotes");
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    try (CancellableContext ctx = parent.withTimeout(ofSeconds(20))) {
      CompletionStage<HttpResponse<String>> later =
          quotes.sendAsync(ctx, request, BodyHandlers.ofString());
      assertThat(later.toCompletableFuture().join().body()).isEqualTo("42");
    }
  }

  @Test
  void streams() throws IOException {
    assertThat(rows(ResilientHttpClient.of("quotes"))).isEqualTo(2);
  }

  private int rows(ResilientHttpClient quotes) throws IOException {
    Context ctx = parent;
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    try (InputStream rows = quotes.fetch(ctx, request, BodyHandlers.ofInputStream())) {
      return rows.readAllBytes().length;
    }
  }

  @Test
  void many() throws IOException {
    ResilientHttpClient quotes = ResilientHttpClient.of("quotes");
    List<HttpRequest> requests =
        List.of(HttpRequest.newBuilder(uri).build(), HttpRequest.newBuilder(uri).build());
    try (CancellableContext ctx = parent.withTimeout(ofSeconds(20))) {
      List<HttpResult<String>> all = quotes.sendAll(ctx, requests, BodyHandlers.ofString());
      HttpResponse<String> fastest = quotes.firstSuccess(ctx, requests, BodyHandlers.ofString());
      assertThat(all).hasSize(2);
      assertThat(fastest.body()).isEqualTo("42");
    }
  }

  @Test
  void settings() throws IOException {
    ResilientHttpClient payments =
        ResilientHttpClient.builder("payments")
            .propagation(Propagation.builder("orders").dependencies(Boundary.inside()).build())
            .timeout(ofSeconds(10))
            .maxBodySize(1 << 20)
            .preset(preset -> preset.breaker(b -> b.consecutiveFailures(5)))
            .build();
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    assertThat(payments.fetch(parent, request, BodyHandlers.ofString())).isEqualTo("42");
    assertThat(origin.request(1).header(HeaderNames.SERVICE_PATH)).isEqualTo("orders");
  }

  /** Stands for a client of resilience-discovery. */
  private static final class ServiceClientLoad {

    final AtomicReference<ReportedLoad> last = new AtomicReference<>();

    void report(URI uri, ReportedLoad load) {
      last.set(load);
    }
  }

  @Test
  void load() throws IOException {
    ServiceClientLoad load = new ServiceClientLoad();
    ResilientHttpClient told = ResilientHttpClient.builder("orders").onLoad(load::report).build();
    told.fetch(parent, HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    assertThat(load.last.get().inFlight()).isEqualTo(3);
  }

  @Test
  void headers() {
    Propagation wire =
        Propagation.builder("orders")
            .callers(Boundary.inside())
            .dependencies(Boundary.inside())
            .build();
    Context server = parent;
    try (CancellableContext ctx =
        RequestInfo.builder().requestId("r-1").build().in(parent).withTimeout(ofSeconds(60))) {
      HttpRequest.Builder request = HttpRequest.newBuilder(uri);
      wire.inject(ctx, request, HttpRequest.Builder::setHeader);
      assertThat(read(wire, server, request.build().headers().map())).isEqualTo("r-1");

      Map<String, byte[]> message = new HashMap<>();
      wire.inject(ctx, message, Carriers.intoBytes());
      Context consumer = wire.extract(server, message, Carriers.bytes()).context();
      assertThat(consumer.get(RequestInfo.REQUEST_ID)).isEqualTo("r-1");
    }

    Propagation edge = wire.withCallers(Boundary.outside());
    Propagation partner = wire.withDependencies(Boundary.outside().allowing(HeaderField.BAGGAGE));
    assertThat(edge).hasToString(edge.toString()).isNotSameAs(partner);
  }

  private static String read(Propagation wire, Context server, Map<String, List<String>> headers) {
    Extraction in = wire.extract(server, headers, Carriers.multimap());
    if (in.isTooLate()) {
      return refusedBeforeWork();
    }
    try (CancellableContext request = in.context()) {
      return handle(request);
    }
  }

  private static String refusedBeforeWork() {
    return "refused";
  }

  private static String handle(Context request) {
    return request.require(RequestInfo.REQUEST_ID);
  }
}
