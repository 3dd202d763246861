package dev.resilience.http.server;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.Context;
import dev.resilience.http.server.ExchangeEnd.Reason;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransferLimitsTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(5);
  private final TransferLimits limits =
      TransferLimits.builder()
          .headers(1_000, 10)
          .path(100)
          .bodySize(1_000)
          .bodyTime(ofSeconds(5))
          .writeTime(ofSeconds(10))
          .build();
  private final List<String> worked = new ArrayList<>();

  private void serve(FakeExchange exchange, ServerHandler handler) throws Exception {
    time.run(
        () -> {
          ServerStack.builder("shop")
              .disconnects(Disconnects.none())
              .filter(limits)
              .open(Context.background(time))
              .serve(exchange, handler);
          return null;
        });
  }

  private void reply(Context unusedCtx, ServerExchange exchange) throws IOException {
    worked.add("worked");
    exchange.reply(200, "");
  }

  @Test
  void too_many_headers_are_refused() throws Exception {
    FakeExchange many = FakeExchange.get("/");
    many.with("X-Many", Collections.nCopies(11, "a").toArray(String[]::new));
    serve(many, this::reply);

    assertThat(many.responses).containsExactly(431);
    assertThat(worked).isEmpty();
    assertThat(limits.refused()).isEqualTo(1);
  }

  @Test
  void too_large_headers_are_refused() throws Exception {
    FakeExchange large = FakeExchange.get("/").with("X-Large", "a".repeat(1_000));
    serve(large, this::reply);
    assertThat(large.responses).containsExactly(431);
  }

  @Test
  void too_long_a_path_is_refused() throws Exception {
    FakeExchange exchange = FakeExchange.get("/" + "a".repeat(50) + "?" + "b".repeat(50));
    serve(exchange, this::reply);
    assertThat(exchange.responses).containsExactly(414);
  }

  @Test
  void too_large_a_body_is_refused_before_it_is_read() throws Exception {
    FakeExchange exchange = FakeExchange.get("/").with("Content-Length", "1001");
    serve(exchange, this::reply);
    assertThat(exchange.responses).containsExactly(413);
    assertThat(exchange.responseHeaders).containsEntry("Connection", "close");

    FakeExchange overflowing =
        FakeExchange.get("/").with("Content-Length", "9999999999999999999999");
    serve(overflowing, this::reply);
    assertThat(overflowing.responses).containsExactly(413);
    assertThat(worked).isEmpty();
  }

  @Test
  void too_large_a_body_of_unknown_length_is_refused_while_it_is_read() throws Exception {
    FakeExchange exchange = FakeExchange.get("/");
    serve(
        exchange,
        (ctx, e) -> {
          while (exchange.handlerReads(() -> 400) > 0) {
            worked.add("400");
          }
        });

    assertThat(exchange.responses).containsExactly(413);
    assertThat(worked).containsExactly("400", "400");
    assertThat(exchange.bytesRead()).isEqualTo(1_200);
  }

  @Test
  void the_time_of_the_body_is_the_clients_only() throws Exception {
    FakeExchange exchange = FakeExchange.get("/");
    serve(
        exchange,
        (ctx, e) -> {
          exchange.handlerReads(() -> waiting(4, 10));
          ctx.sleep(ofSeconds(60)); // the handler's own time
          exchange.handlerReads(() -> waiting(4, 10));
        });

    assertThat(exchange.responses).containsExactly(408);
    assertThat(exchange.body).hasToString("Request body did not arrive in time");
    assertThat(exchange.end.duration()).isEqualTo(ofSeconds(65)); // 4 + 60 + 1
    assertThat(exchange.end.reason()).isEqualTo(Reason.REFUSED);
    assertThat(exchange.end.context().cause()).isInstanceOf(TransferException.class);
  }

  @Test
  void an_answer_that_is_not_taken_is_broken_off() throws Exception {
    FakeExchange exchange = FakeExchange.get("/");
    serve(
        exchange,
        (ctx, e) -> {
          exchange.handlerWrites("begin");
          for (int i = 0; i < 4; i++) {
            exchange.handlerWrites(".");
            ctx.throwIfDone();
            exchange.slowWrite(() -> waiting(3, 1));
          }
        });

    assertThat(exchange.aborted).isTrue();
    assertThat(exchange.responses).isEmpty();
  }

  private int waiting(int seconds, int bytes) {
    time.parkUntil("the client", time.nanoTime() + seconds * 1_000_000_000L);
    return bytes;
  }

  @Test
  void a_limit_of_nothing_is_refused() {
    assertThatThrownBy(() -> TransferLimits.builder().bodySize(0))
        .hasMessage("bytes: 0 (expected: >= 1)");
    assertThatThrownBy(() -> TransferLimits.builder().writeTime(ofSeconds(-1)))
        .hasMessage("limit: -1 s (expected: > 0)");
  }
}
