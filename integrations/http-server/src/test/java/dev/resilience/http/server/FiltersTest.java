package dev.resilience.http.server;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.Propagation;
import dev.resilience.time.VirtualTime;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FiltersTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(3);
  private final AtomicReference<Context> seen = new AtomicReference<>();

  private ExchangeEnd serve(FakeExchange exchange, Duration takes, ServerFilter... filters)
      throws Exception {
    ServerStack.Builder builder = ServerStack.builder("shop").disconnects(Disconnects.none());
    for (ServerFilter filter : filters) {
      builder.filter(filter);
    }
    return time.run(
        () -> {
          builder
              .open(Context.background(time))
              .serve(
                  exchange,
                  (ctx, e) -> {
                    seen.set(ctx);
                    ctx.sleep(takes);
                    e.reply(200, "done");
                  });
          return exchange.end;
        });
  }

  private ExchangeEnd serve(FakeExchange exchange, ServerFilter... filters) throws Exception {
    return serve(exchange, Duration.ZERO, filters);
  }

  @Nested
  class A_request_id {

    @Test
    void is_made_with_the_prefix_put_into_the_context_and_echoed() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      serve(exchange, IdHeader.requestId());

      String id = seen.get().require(RequestInfo.REQUEST_ID);
      assertThat(id).matches("req-[0-9a-f]{8}-1");
      assertThat(exchange.responseHeaders).containsEntry("X-Request-ID", id);
    }

    @Test
    void may_have_another_prefix() throws Exception {
      serve(FakeExchange.get("/"), IdHeader.requestId("req_"));
      assertThat(seen.get().require(RequestInfo.REQUEST_ID)).startsWith("req_");
      assertThatThrownBy(() -> IdHeader.requestId("a b"))
          .hasMessage("prefix: 'a b' (expected: at most 32 visible ASCII characters)");
    }

    @Test
    void from_outside_is_kept() throws Exception {
      FakeExchange exchange = FakeExchange.get("/").with("x-request-id", "r-17");
      serve(exchange, IdHeader.requestId());

      assertThat(seen.get().get(RequestInfo.REQUEST_ID)).isEqualTo("r-17");
      assertThat(exchange.responseHeaders).containsEntry("X-Request-ID", "r-17");
    }

    @Test
    void from_outside_is_not_kept_where_it_does_not_count() throws Exception {
      serve(FakeExchange.get("/").with("X-Request-ID", "r-17"), IdHeader.requestId().alwaysNew());
      assertThat(seen.get().require(RequestInfo.REQUEST_ID)).startsWith("req-");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "forged\r\nSet-Cookie: a", "ümlaut"})
    void that_is_none_is_ignored_and_counted(String hostile) throws Exception {
      IdHeader ids = IdHeader.requestId();
      FakeExchange exchange = FakeExchange.get("/").with("X-Request-ID", hostile);
      serve(exchange, ids);

      assertThat(exchange.responseHeaders.get("X-Request-ID")).startsWith("req-");
      assertThat(ids.ignored()).isEqualTo(1);
      assertThat(exchange.responses).containsExactly(200);
    }

    @Test
    void stays_on_an_error() throws Exception {
      FakeExchange exchange = FakeExchange.get("/").with("X-Request-ID", "r-1");
      serve(exchange, ofSeconds(9), IdHeader.requestId(), TimeLimit.of(ofSeconds(1)));

      assertThat(exchange.responses).containsExactly(504);
      assertThat(exchange.responseHeaders).containsEntry("X-Request-ID", "r-1");
    }
  }

  @Test
  void a_trace_id_is_kept_or_made_and_echoed() throws Exception {
    FakeExchange with = FakeExchange.get("/").with("X-Trace-ID", "t-1");
    serve(with, IdHeader.traceId());
    assertThat(with.responseHeaders).containsEntry("X-Trace-ID", "t-1");
    assertThat(seen.get().get(RequestInfo.TRACE_ID)).isEqualTo("t-1");

    FakeExchange without = FakeExchange.get("/");
    serve(without, IdHeader.traceId());
    assertThat(without.responseHeaders.get("X-Trace-ID")).matches("[0-9a-f]{32}");
  }

  @Test
  void a_trace_id_is_that_of_the_propagated_trace() throws Exception {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    FakeExchange exchange =
        FakeExchange.get("/").with(HeaderNames.TRACEPARENT, "00-" + trace + "-00f067aa0ba902b7-01");
    serve(exchange, Propagated.by(Propagation.of("shop")), IdHeader.traceId());

    assertThat(exchange.responseHeaders).containsEntry("X-Trace-ID", trace);
  }

  @Nested
  class Metadata {

    @Test
    void are_one_bundle() throws Exception {
      FakeExchange exchange = FakeExchange.get("/").with("User-Agent", "curl/8.5");
      serve(
          exchange,
          IdHeader.requestId(),
          IdHeader.traceId(),
          RequestMetadata.ofDefaults().userId(e -> Optional.of("u-4")));

      RequestInfo info = RequestInfo.of(seen.get());
      assertThat(info.requestId()).isPresent();
      assertThat(info.traceId()).isPresent();
      assertThat(info.userId()).contains("u-4");
      assertThat(info.userAgent()).contains("curl/8.5");
      assertThat(info.clientAddress()).contains("127.0.0.1");
      assertThat(info.startTime()).contains(time.instant());
    }

    @Test
    void that_may_not_stand_in_a_log_are_ignored_and_counted() throws Exception {
      RequestMetadata metadata = RequestMetadata.ofDefaults();
      serve(FakeExchange.get("/").with("User-Agent", "x".repeat(1 << 20)), metadata);

      assertThat(RequestInfo.of(seen.get()).userAgent()).isEmpty();
      assertThat(metadata.ignored()).isEqualTo(1);
    }
  }

  @Nested
  class A_clients_address {

    private Optional<String> addressOf(String peer, TrustedProxies proxies, String... lines)
        throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      exchange.peer = new InetSocketAddress(peer, 4711);
      if (lines.length > 0) {
        exchange.with("X-Forwarded-For", lines);
      }
      serve(exchange, RequestMetadata.ofDefaults().behind(proxies));
      return RequestInfo.of(seen.get()).clientAddress();
    }

    private Optional<String> standardAddressOf(String peer, String... lines) throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      exchange.peer = new InetSocketAddress(peer, 4711);
      exchange.with("Forwarded", lines).with("X-Forwarded-For", "6.6.6.6");
      TrustedProxies proxies = TrustedProxies.of("10.0.0.0/8", "2001:db8::/32");
      serve(exchange, RequestMetadata.ofDefaults().behind(proxies.writingForwarded()));
      return RequestInfo.of(seen.get()).clientAddress();
    }

    /** RFC 7239; the other header is anybody's where the proxies do not write it. */
    @Test
    void is_read_from_the_standard_header_where_the_proxies_write_that() throws Exception {
      assertThat(standardAddressOf("10.0.0.1", "for=6.6.6.6, for=198.51.100.9;proto=https"))
          .contains("198.51.100.9");
      assertThat(
              standardAddressOf(
                  "10.0.0.1", "For=198.51.100.9", "by=10.0.0.1; for=\"[2001:db8::17]:4711\""))
          .contains("198.51.100.9");
      assertThat(standardAddressOf("10.0.0.1", "host=\"a,b;for=6.6.6.6\";for=\"198.51.100.9:80\""))
          .contains("198.51.100.9");
      assertThat(standardAddressOf("192.0.2.7", "for=1.2.3.4")).contains("192.0.2.7");
      assertThat(standardAddressOf("10.0.0.1")).as("none there").contains("10.0.0.1");
    }

    @Test
    void is_the_nearest_proxys_where_the_standard_header_says_no_more() throws Exception {
      for (String last :
          List.of("for=unknown", "for=_hidden", "proto=https", "for=1.2.3.4;for=5.6.7.8", "for")) {
        assertThat(standardAddressOf("10.0.0.1", "for=6.6.6.6, " + last))
            .as(last)
            .contains("10.0.0.1");
      }
    }

    /** Who opens a quote and does not close it hides nothing of what a proxy appends. */
    @Test
    void is_not_hidden_by_what_a_client_writes_into_the_standard_header() throws Exception {
      for (String hostile :
          List.of("for=\"6.6.6.6", "\"", "for=\"a\\\\\"\"", "\\\"", ";;=,=", "\"\\")) {
        assertThat(standardAddressOf("10.0.0.1", hostile + ", for=198.51.100.9"))
            .as(hostile)
            .contains("198.51.100.9");
      }
    }

    @Test
    void is_sought_in_anything_without_an_exception() {
      Random random = new Random(7239);
      String parts = "for=\"\\;, \t[]:.1aF_by";
      for (int i = 0; i < 20_000; i++) {
        StringBuilder line = new StringBuilder();
        for (int n = random.nextInt(40); n > 0; n--) {
          line.append(parts.charAt(random.nextInt(parts.length())));
        }
        assertThat(ForwardedHeader.nodesFromTheEnd(line.toString(), 3)).hasSizeBetween(1, 3);
      }
    }

    @Test
    void is_the_peers_where_nobody_is_trusted() throws Exception {
      assertThat(addressOf("10.0.0.1", TrustedProxies.none(), "1.2.3.4")).contains("10.0.0.1");
    }

    @Test
    void is_the_peers_where_the_peer_is_not_trusted() throws Exception {
      TrustedProxies proxies = TrustedProxies.of("10.0.0.0/8");
      assertThat(addressOf("192.0.2.7", proxies, "1.2.3.4")).contains("192.0.2.7");
    }

    @Test
    void is_the_last_one_that_no_trusted_proxy_has() throws Exception {
      TrustedProxies proxies = TrustedProxies.of("10.0.0.0/8", "2001:db8::/32");
      assertThat(addressOf("10.0.0.1", proxies, "6.6.6.6, 198.51.100.9, 10.0.0.2"))
          .contains("198.51.100.9");
      assertThat(addressOf("10.0.0.1", proxies, "6.6.6.6", "198.51.100.9", "2001:db8::1"))
          .contains("198.51.100.9");
      assertThat(addressOf("10.0.0.1", proxies, "198.51.100.9:5312")).contains("198.51.100.9");
      assertThat(addressOf("10.0.0.1", proxies)).contains("10.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unknown", "", "localhost", "1.2.3", "1.2.3.4.5", "999.1.1.1", "::g"})
    void stops_at_what_is_no_address_and_looks_up_no_name(String hostile) throws Exception {
      TrustedProxies proxies = TrustedProxies.of("10.0.0.0/8");
      assertThat(addressOf("10.0.0.1", proxies, "6.6.6.6, " + hostile)).contains("10.0.0.1");
      assertThat(proxies.ignored()).isEqualTo(1);
    }

    @Test
    void is_looked_for_in_32_entries() throws Exception {
      TrustedProxies proxies = TrustedProxies.of("10.0.0.0/8");
      String many = "6.6.6.6" + ", 10.0.0.2".repeat(100_000);
      assertThat(addressOf("10.0.0.1", proxies, many)).contains("10.0.0.2");
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.0/33", "10.0.0/8", "example.org", "10.0.0.0/-1", "::1/129"})
    void needs_networks_that_are_some(String network) {
      assertThatThrownBy(() -> TrustedProxies.of(network))
          .hasMessage(
              "network: '" + network + "' (expected: an address or a block, such as 10.0.0.0/8)");
    }
  }

  @Nested
  class An_access_log {

    private final List<String> lines = new ArrayList<>();

    @Test
    void has_a_line_for_each_request() throws Exception {
      serve(
          FakeExchange.get("/orders?secret=1").with("X-Request-ID", "r-1"),
          ofMillis(12),
          AccessLog.to(lines::add),
          IdHeader.requestId());

      assertThat(lines).containsExactly("[r-1] GET /orders 200 in 12 ms, 4 bytes");
    }

    @Test
    void has_lines_for_start_and_end_as_the_guide_does() throws Exception {
      serve(
          FakeExchange.get("/orders").with("X-Request-ID", "req_1"),
          ofMillis(12),
          IdHeader.requestId(),
          AccessLog.to(lines::add).withStart());

      assertThat(lines)
          .containsExactly(
              "[req_1] GET /orders", "[req_1] completed in 12 ms: GET /orders 200, 4 bytes");
    }

    @Test
    void says_why_a_request_ended() throws Exception {
      serve(
          FakeExchange.get("/slow").with("X-Request-ID", "r-2"),
          ofSeconds(9),
          AccessLog.to(lines::add),
          IdHeader.requestId(),
          TimeLimit.of(ofSeconds(5)));

      assertThat(lines)
          .containsExactly("[r-2] GET /slow 504 request timed out after 5 s, 17 bytes");
    }

    @Test
    void is_not_forged() throws Exception {
      serve(FakeExchange.get("/\r\n[r-9] GET /admin 200"), AccessLog.to(lines::add));

      assertThat(lines)
          .singleElement()
          .asString()
          .startsWith("[-] GET /\\r\\n[r-9]")
          .doesNotContain("\n");
    }

    @Test
    void that_fails_costs_nobody_anything() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      serve(
          exchange,
          AccessLog.to(
              line -> {
                throw new OutOfMemoryError("log");
              }));

      assertThat(exchange.responses).containsExactly(200);
    }
  }

  @Test
  void the_standard_stack_has_all_of_it() throws Exception {
    FakeExchange exchange =
        FakeExchange.get("/").with(HeaderNames.TIMEOUT_MS, "2000").with("User-Agent", "curl");
    time.run(
        () -> {
          ServerStack.standard("shop")
              .disconnects(Disconnects.none())
              .open(Context.background(time))
              .serve(
                  exchange,
                  (ctx, e) -> {
                    seen.set(ctx);
                    e.reply(200, "");
                  });
          return null;
        });

    assertThat(exchange.responseHeaders)
        .containsKeys("X-Request-ID", "X-Trace-ID", HeaderNames.SERVER_LOAD);
    assertThat(RequestInfo.of(seen.get()).userAgent()).contains("curl");
    assertThat(seen.get().deadline()).isPresent();
  }
}
