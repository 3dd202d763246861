package dev.resilience.http.server;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.Propagation;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The blocks of the page on the HTTP server, and the seven examples of the guide. */
@Timeout(60)
class PageTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final List<String> log = new ArrayList<>();

  private FakeExchange served(ServerStack stack, FakeExchange exchange, ServerHandler handler)
      throws Exception {
    time.run(
        () -> {
          stack.serve(exchange, handler);
          return null;
        });
    return exchange;
  }

  private ServerHandler router() {
    return (ctx, exchange) -> {
      ctx.sleep(exchange.path().equals("/slow") ? ofSeconds(10) : ofSeconds(2));
      exchange.reply(200, "done");
    };
  }

  @Test
  void the_first_block_serves() throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Orders orders = new Orders();
    GracefulShutdown shutdown = GracefulShutdown.builder("orders").open();
    ServerStack stack = ServerStack.standard("orders").open(shutdown);

    HttpServer server = HttpServer.create(address, 0);
    server.createContext(
        "/orders",
        JdkServer.handler(
            stack,
            (ctx, exchange) -> {
              byte[] page = orders.page(ctx);
              exchange.sendResponseHeaders(200, page.length);
              exchange.getResponseBody().write(page);
            }));
    server.start();
    try (RawClient client = new RawClient(server.getAddress().getPort())) {
      assertThat(client.get("/orders").readResponse()).endsWith("tea");
    } finally {
      server.stop(0);
    }
  }

  private static final class Orders {
    byte[] page(Context unusedCtx) {
      return "tea".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  /** Guide 001: request id, then time limit, then router. */
  @Test
  void a_stack_is_chosen_by_hand() throws Exception {
    ServerStack stack =
        ServerStack.builder("shop")
            .disconnects(Disconnects.none())
            .filter(IdHeader.requestId())
            .filter(TimeLimit.of(ofSeconds(5)))
            .open(root);

    FakeExchange quick = served(stack, FakeExchange.get("/"), router());
    assertThat(quick.responses).containsExactly(200);
    assertThat(quick.responseHeaders.get("X-Request-ID")).startsWith("req-");
    FakeExchange slow = served(stack, FakeExchange.get("/slow"), router());
    assertThat(slow.responses).containsExactly(504);
    assertThat(slow.body).hasToString("Request timed out");
  }

  /** Guide 000: five seconds of work under a limit of three; the log says why it ended. */
  @Test
  void the_log_says_why() throws Exception {
    ServerStack stack =
        ServerStack.builder("shop")
            .disconnects(Disconnects.none())
            .filter(AccessLog.to(log::add))
            .filter(TimeLimit.of(ofSeconds(3)))
            .open(root);
    served(
        stack,
        FakeExchange.get("/work"),
        (ctx, exchange) -> {
          ctx.sleep(ofSeconds(5));
          exchange.reply(200, "");
        });

    assertThat(log).containsExactly("[-] GET /work 504 request timed out after 3 s, 17 bytes");
  }

  /** Guide 002: request id, start time, logging; a handler that takes a user and may fail. */
  @Test
  void the_chain_of_the_guide_logs_start_and_end() throws Exception {
    ServerStack stack =
        ServerStack.builder("shop")
            .disconnects(Disconnects.none())
            .filter(IdHeader.requestId("req_"))
            .filter(RequestMetadata.ofDefaults())
            .filter(AccessLog.to(log::add).withStart())
            .statuses(
                StatusTable.ofDefaults().with(NoSuchElementException.class, 404, "No such user"))
            .open(root);
    ServerHandler user =
        (ctx, exchange) -> {
          ctx.sleep(java.time.Duration.ofMillis(100));
          String id =
              exchange
                  .parameter("id")
                  .orElseThrow(() -> new BadRequestException("user ID required"));
          switch (id) {
            case "7" -> exchange.reply(200, "Ada");
            case "8" -> throw new NoSuchElementException("8");
            default -> throw new IOException("database");
          }
        };

    assertThat(served(stack, FakeExchange.get("/users?id=7"), user).responses).containsExactly(200);
    assertThat(served(stack, FakeExchange.get("/users?id=8"), user).responses).containsExactly(404);
    assertThat(served(stack, FakeExchange.get("/users?id=9"), user).responses).containsExactly(500);
    assertThat(served(stack, FakeExchange.get("/users"), user).responses).containsExactly(400);
    assertThat(log.get(0)).matches("\\[req_[0-9a-f]{8}-1] GET /users");
    assertThat(log.get(1)).endsWith("-1] completed in 100 ms: GET /users 200, 3 bytes");
  }

  @Test
  void behind_proxies_and_among_friends() throws Exception {
    ServerStack stack =
        ServerStack.builder("shop")
            .disconnects(Disconnects.none())
            .filter(Propagated.by(Propagation.builder("shop").callers(Boundary.inside()).build()))
            .filter(
                RequestMetadata.ofDefaults()
                    .behind(TrustedProxies.of("10.0.0.0/8"))
                    .userId(exchange -> Optional.of("u-1")))
            .filter(Admission.by(ConcurrencyLimit.adaptive("shop").fairBetween(TENANT).build()))
            .open(root);

    assertThat(served(stack, FakeExchange.get("/"), router()).responses).containsExactly(200);
  }

  @Test
  void a_filter_is_a_lambda() throws Exception {
    ServerFilter tenant =
        (ctx, exchange, next) ->
            next.handle(
                ctx.withValue(TENANT, exchange.header("X-Tenant").orElse("none")), exchange);

    ServerFilter quota =
        (ctx, exchange, next) -> {
          CancellableContext limited = ctx.withTimeout(ofSeconds(1));
          exchange.onEnd(end -> limited.close()); // not try (limited): the answer may come later
          next.handle(limited, exchange);
        };
    ServerStack stack =
        ServerStack.builder("shop")
            .disconnects(Disconnects.none())
            .filter(tenant)
            .filter(quota)
            .open(root);

    FakeExchange exchange =
        served(
            stack,
            FakeExchange.get("/").with("X-Tenant", "acme"),
            (ctx, e) -> e.reply(200, ctx.require(TENANT)));
    assertThat(exchange.body).hasToString("acme");
  }

  /** Guide 002: header 2 s, header and body 5 s, write 10 s, idle 60 s. */
  @Test
  void times_of_a_transfer_are_limited() {
    List<String> before = properties();
    try {
      JdkServer.limitTimes(ofSeconds(5), ofSeconds(10), ofSeconds(60));
      TransferLimits limits =
          TransferLimits.builder()
              .headers(16 * 1024, 100)
              .bodySize(1024 * 1024)
              .bodyTime(ofSeconds(5))
              .writeTime(ofSeconds(10))
              .build();

      assertThat(limits)
          .hasToString("at most 100 headers of 16384 bytes, a body of 1048576 bytes in 5 s");
      assertThat(properties()).containsExactly("5", "10", "60");
    } finally {
      for (int i = 0; i < PROPERTIES.size(); i++) {
        if (before.get(i) == null) {
          System.clearProperty(PROPERTIES.get(i));
        } else {
          System.setProperty(PROPERTIES.get(i), before.get(i));
        }
      }
    }
  }

  private static final List<String> PROPERTIES =
      List.of(
          "sun.net.httpserver.maxReqTime",
          "sun.net.httpserver.maxRspTime",
          "sun.net.httpserver.idleInterval");

  private static List<String> properties() {
    return PROPERTIES.stream()
        .map(System::getProperty)
        .collect(ArrayList::new, List::add, List::addAll);
  }
}
