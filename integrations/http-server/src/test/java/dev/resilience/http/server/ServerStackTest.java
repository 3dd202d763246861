package dev.resilience.http.server;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.concurrent.GracefulShutdown.Phase;
import dev.resilience.concurrent.ShutdownSummary;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.RequestInfo;
import dev.resilience.http.server.ExchangeEnd.Reason;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.Propagation;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ServerStackTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(7);
  private final CancellableContext owner = Context.background(time).withCancel();

  private ServerStack stack(ServerFilter... filters) {
    ServerStack.Builder builder = ServerStack.builder("shop").disconnects(Disconnects.none());
    for (ServerFilter filter : filters) {
      builder.filter(filter);
    }
    return builder.open(owner);
  }

  /** Serves and gives back how the exchange ended. */
  private ExchangeEnd serve(ServerStack stack, FakeExchange exchange, ServerHandler handler)
      throws Exception {
    return time.run(
        () -> {
          stack.serve(exchange, handler);
          return exchange.end;
        });
  }

  @Nested
  class A_time_limit {

    @Test
    void answers_504_once_and_interrupts_the_handler() throws Exception {
      FakeExchange exchange = FakeExchange.get("/slow");
      ServerStack stack = stack(TimeLimit.of(ofSeconds(5)));

      ExchangeEnd end =
          serve(stack, exchange, (ctx, e) -> sleepIgnorantOfContexts(ofSeconds(10).toNanos()));

      assertThat(exchange.responses).containsExactly(504);
      assertThat(exchange.body).hasToString("Request timed out");
      assertThat(exchange.responseHeaders).containsEntry("Connection", "close");
      assertThat(end.status()).isEqualTo(504);
      assertThat(end.reason()).isEqualTo(Reason.DEADLINE);
      assertThat(end.duration()).isEqualTo(ofSeconds(5));
      assertThat(end.overrun()).isZero();
      assertThat(stack.inFlight()).isZero();
      assertThat(stack.ended(Reason.DEADLINE)).isEqualTo(1);
      assertThat(exchange.released).isEqualTo(1);
    }

    /** Traps C10 and C11. */
    @Test
    void lets_a_late_handler_write_nothing() throws Exception {
      FakeExchange exchange = FakeExchange.get("/slow");
      List<Throwable> late = new ArrayList<>();

      ExchangeEnd end =
          time.run(
              () -> {
                ServerStack stack =
                    ServerStack.builder("shop")
                        .disconnects(Disconnects.none())
                        .withoutInterrupts()
                        .filter(TimeLimit.of(ofSeconds(5)))
                        .open(owner);
                stack.serve(
                    exchange,
                    (ctx, e) -> {
                      time.parkUntil(
                          "work that looks at nothing", time.nanoTime() + 8_000_000_000L);
                      late.add(failureOf(() -> e.reply(200, "too late")));
                      late.add(failureOf(() -> exchange.handlerWrites("too late")));
                      e.setHeader("X-Late", "yes");
                    });
                return exchange.end;
              });

      assertThat(exchange.responses).containsExactly(504);
      assertThat(exchange.body).hasToString("Request timed out");
      assertThat(exchange.responseHeaders).doesNotContainKey("X-Late");
      assertThat(late)
          .hasSize(2)
          .allSatisfy(
              failure ->
                  assertThat(failure)
                      .isInstanceOf(ResponseTakenException.class)
                      .hasMessage("the request has been answered with 504"));
      assertThat(end.duration()).isEqualTo(ofSeconds(5));
      assertThat(end.overrun()).isEqualTo(ofSeconds(3));
    }

    @Test
    void leaves_a_whole_answer_alone() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      ExchangeEnd end =
          serve(
              stack(TimeLimit.of(ofSeconds(5))),
              exchange,
              (ctx, e) -> {
                e.reply(200, "home");
                sleepIgnorantOfContexts(ofSeconds(10).toNanos()); // tidies up, for nobody
              });

      assertThat(exchange.responses).containsExactly(200);
      assertThat(exchange.aborted).isFalse();
      assertThat(end.status()).isEqualTo(200);
    }

    @Test
    void breaks_off_an_answer_that_is_under_way() throws Exception {
      FakeExchange exchange = FakeExchange.get("/stream");
      ExchangeEnd end =
          serve(
              stack(TimeLimit.of(ofSeconds(5))),
              exchange,
              (ctx, e) -> {
                exchange.handlerWrites("first part");
                ctx.sleep(ofSeconds(10));
              });

      assertThat(exchange.aborted).isTrue();
      assertThat(exchange.responses).isEmpty();
      assertThat(end.reason()).isEqualTo(Reason.DEADLINE);
    }

    @Test
    void counts_while_a_filter_waits_too() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      ServerFilter waits =
          (ctx, e, next) -> {
            ctx.sleep(ofSeconds(9));
            next.handle(ctx, e);
          };

      ExchangeEnd end =
          serve(stack(TimeLimit.of(ofSeconds(2)), waits), exchange, (ctx, e) -> e.reply(200, ""));

      assertThat(exchange.responses).containsExactly(504);
      assertThat(end.reason()).isEqualTo(Reason.DEADLINE);
    }

    @Test
    void can_depend_on_the_request() throws Exception {
      TimeLimit limit = TimeLimit.by(e -> e.path().equals("/slow") ? ofSeconds(9) : ofSeconds(1));
      List<Object> left = new ArrayList<>();

      serve(stack(limit), FakeExchange.get("/slow"), (ctx, e) -> left.add(ctx.timeLeft()));
      serve(stack(limit), FakeExchange.get("/"), (ctx, e) -> left.add(ctx.timeLeft()));

      assertThat(left).containsExactly(ofSeconds(9), ofSeconds(1));
    }

    @Test
    void is_refused_if_it_is_none() {
      assertThatThrownBy(() -> TimeLimit.of(ofSeconds(0))).hasMessage("limit: 0 s (expected: > 0)");
    }
  }

  @Nested
  class A_client_that_leaves {

    @Test
    void ends_the_work_within_its_step_and_gets_no_answer() throws Exception {
      FakeExchange exchange = FakeExchange.get("/ten-steps");
      List<Integer> steps = new ArrayList<>();
      AtomicReference<Throwable> cause = new AtomicReference<>();
      ServerStack stack = stack();

      ExchangeEnd end =
          time.run(
              () -> {
                time.start(
                    "client",
                    () -> {
                      time.parkUntil("reads", time.nanoTime() + 3_500_000_000L);
                      exchange.clientGone();
                    });
                stack.serve(
                    exchange,
                    (ctx, e) -> {
                      try {
                        for (int step = 1; step <= 10; step++) {
                          ctx.sleep(ofSeconds(1));
                          steps.add(step);
                        }
                      } finally {
                        cause.set(ctx.cause());
                      }
                    });
                return exchange.end;
              });

      assertThat(steps).containsExactly(1, 2, 3);
      assertThat(cause).hasValue(CancelReason.USER);
      assertThat(exchange.responses).isEmpty();
      assertThat(end.status()).isEqualTo(499);
      assertThat(end.describe()).isEqualTo("client disconnected");
      assertThat(end.duration()).isEqualTo(ofMillis(3_500));
      assertThat(end).hasToString("GET /ten-steps 499 client disconnected after 3.5 s");
    }

    @Test
    void interrupts_work_that_knows_no_context() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      ExchangeEnd end =
          time.run(
              () -> {
                time.start(
                    "client",
                    () -> {
                      time.parkUntil("reads", time.nanoTime() + 1_000_000L);
                      exchange.clientGone();
                    });
                stack().serve(exchange, (ctx, e) -> sleepIgnorantOfContexts(Long.MAX_VALUE / 4));
                return exchange.end;
              });

      assertThat(end.status()).isEqualTo(499);
      assertThat(time.elapsed()).isEqualTo(ofMillis(1));
    }

    @Test
    void changes_nothing_when_the_answer_is_out() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      ExchangeEnd end = serve(stack(), exchange, (ctx, e) -> e.reply(201, "made"));
      exchange.clientGone();

      assertThat(end.status()).isEqualTo(201);
      assertThat(end.reason()).isEqualTo(Reason.ANSWERED);
    }
  }

  @Nested
  class A_failure {

    @Test
    void becomes_a_500_without_internals() throws Exception {
      FakeExchange exchange = FakeExchange.get("/users");
      ExchangeEnd end =
          serve(
              stack(),
              exchange,
              (ctx, e) -> {
                throw new IOException("jdbc:secret@10.0.0.9: relation users does not exist");
              });

      assertThat(exchange.responses).containsExactly(500);
      assertThat(exchange.body).hasToString("Internal server error");
      assertThat(end.reason()).isEqualTo(Reason.FAILED);
      assertThat(end.failure()).get().asString().contains("relation users");
    }

    @Test
    void of_an_error_is_answered_too() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      serve(
          stack(),
          exchange,
          (ctx, e) -> {
            throw new StackOverflowError();
          });

      assertThat(exchange.responses).containsExactly(500);
    }

    @Test
    void of_a_filter_is_answered_and_the_others_are_told() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      List<String> told = new ArrayList<>();
      ServerFilter broken =
          (ctx, e, next) -> {
            throw new IllegalStateException("filter");
          };

      serve(
          stack(ServerFilter.onEnd(end -> told.add("outer " + end.status())), broken),
          exchange,
          (ctx, e) -> e.reply(200, ""));

      assertThat(exchange.responses).containsExactly(500);
      assertThat(told).containsExactly("outer 500");
    }

    @Test
    void of_a_listener_is_contained() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      List<String> told = new ArrayList<>();

      serve(
          stack(
              ServerFilter.onEnd(end -> told.add("first")),
              ServerFilter.onEnd(
                  end -> {
                    throw new AssertionError("listener");
                  })),
          exchange,
          (ctx, e) -> e.reply(200, ""));

      assertThat(exchange.responses).containsExactly(200);
      assertThat(told).containsExactly("first");
    }

    @Test
    void after_a_whole_answer_changes_nothing() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      serve(
          stack(),
          exchange,
          (ctx, e) -> {
            e.reply(200, "fine");
            throw new IllegalStateException("afterwards");
          });

      assertThat(exchange.responses).containsExactly(200);
      assertThat(exchange.aborted).isFalse();
    }
  }

  @Nested
  class A_shutdown {

    private final GracefulShutdown shutdown =
        GracefulShutdown.builder("shop").announceFor(ofMillis(1)).open(owner);

    private ServerStack open() {
      return ServerStack.builder("shop").disconnects(Disconnects.none()).open(shutdown);
    }

    @Test
    void waits_for_what_is_under_way_and_refuses_what_comes() throws Exception {
      FakeExchange early = FakeExchange.get("/early");
      FakeExchange late = FakeExchange.get("/late");
      ShutdownSummary summary =
          time.run(
              () -> {
                ServerStack stack = open();
                time.start(
                    "early",
                    () ->
                        stack.serve(
                            early,
                            (ctx, e) -> {
                              ctx.sleep(ofSeconds(4));
                              e.reply(200, "finished");
                            }));
                time.parkUntil("a while", time.nanoTime() + 1_000_000_000L);
                var going = shutdown.start("SIGTERM");
                time.parkUntil("a while", time.nanoTime() + 1_000_000_000L);
                stack.serve(late, (ctx, e) -> e.reply(200, "never"));
                return Context.background(time).await(going);
              });

      assertThat(early.responses).containsExactly(200);
      assertThat(late.responses).containsExactly(503);
      assertThat(late.responseHeaders)
          .containsEntry("Retry-After", "1")
          .containsEntry(HeaderNames.REFUSED, "shutdown");
      assertThat(late.end.reason()).isEqualTo(Reason.REFUSED);
      assertThat(summary.isClean()).isTrue();
    }

    /** The work may have been done: it is not marked, and nothing says when to come again. */
    @Test
    void cuts_off_what_takes_too_long_with_a_503() throws Exception {
      FakeExchange exchange = FakeExchange.get("/endless");
      time.run(
          () -> {
            ServerStack stack = open();
            time.start("endless", () -> stack.serve(exchange, (ctx, e) -> ctx.awaitDone()));
            time.parkUntil("a while", time.nanoTime() + 1_000_000_000L);
            return Context.background(time).await(shutdown.start("SIGTERM"));
          });

      assertThat(exchange.responses).containsExactly(503);
      assertThat(exchange.responseHeaders)
          .containsEntry("Connection", "close")
          .doesNotContainKeys("Retry-After", HeaderNames.REFUSED);
      assertThat(exchange.end.reason()).isEqualTo(Reason.SHUTDOWN);
      assertThat(shutdown.phase()).isEqualTo(Phase.REPORT);
    }

    @Test
    void names_what_still_runs() throws Exception {
      FakeExchange exchange = FakeExchange.get("/deaf");
      ShutdownSummary summary =
          time.run(
              () -> {
                ServerStack stack =
                    ServerStack.builder("shop")
                        .disconnects(Disconnects.none())
                        .withoutInterrupts()
                        .open(shutdown);
                time.start(
                    "deaf",
                    () ->
                        stack.serve(
                            exchange,
                            (ctx, e) -> time.parkUntil("deaf", time.nanoTime() + 60_000_000_000L)));
                time.parkUntil("a while", time.nanoTime() + 1_000_000_000L);
                return Context.background(time).await(shutdown.start("SIGTERM"));
              });

      assertThat(summary.toString()).contains("GET /deaf still runs");
      assertThat(exchange.responses).containsExactly(503);
    }

    @Test
    void by_close_is_the_same_at_once() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      ServerStack stack = open();
      stack.close();
      serve(stack, exchange, (ctx, e) -> e.reply(200, ""));

      assertThat(exchange.responses).containsExactly(503);
    }
  }

  @Nested
  class An_asynchronous_handler {

    /** The trap: a {@code try (ctx)} around it would end it as soon as it has begun. */
    @Test
    void has_its_context_until_its_answer_is_complete() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      AtomicReference<Context> held = new AtomicReference<>();
      time.run(
          () -> {
            stack(TimeLimit.of(ofSeconds(5)))
                .serve(
                    exchange,
                    (ctx, e) -> {
                      exchange.async = true;
                      held.set(ctx);
                    });
            assertThat(held.get().isDone()).isFalse();
            time.parkUntil("elsewhere", time.nanoTime() + 1_000_000_000L);
            assertThat(held.get().isDone()).isFalse();
            exchange.completeAsync();
            return null;
          });

      assertThat(held.get().cause()).isEqualTo(CancelReason.CLOSED);
      assertThat(exchange.end.duration()).isEqualTo(ofSeconds(1));
      assertThat(exchange.released).isEqualTo(1);
    }

    @Test
    void is_answered_for_when_its_time_is_up() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      time.run(
          () -> {
            stack(TimeLimit.of(ofSeconds(5))).serve(exchange, (ctx, e) -> exchange.async = true);
            time.parkUntil("elsewhere", time.nanoTime() + 6_000_000_000L);
            return null;
          });

      assertThat(exchange.responses).containsExactly(504);
      assertThat(exchange.end.reason()).isEqualTo(Reason.DEADLINE);
      assertThatThrownBy(exchange::completeAsync).isInstanceOf(ResponseTakenException.class);
      assertThat(exchange.released).isEqualTo(1);
    }
  }

  @Nested
  class What_callers_send {

    /** Trap C12: the seed's extraction starts from the background. */
    @Test
    void derives_from_the_server_and_ends_with_it() throws Exception {
      FakeExchange exchange = FakeExchange.get("/").with(HeaderNames.REQUEST_ID, "r-1");
      AtomicReference<Context> held = new AtomicReference<>();
      time.run(
          () -> {
            time.start(
                "operator",
                () -> {
                  time.parkUntil("waits", time.nanoTime() + 1_000_000L);
                  owner.cancel(CancelReason.SHUTDOWN);
                });
            stack(Propagated.by(Propagation.of("shop")))
                .serve(
                    exchange,
                    (ctx, e) -> {
                      held.set(ctx);
                      ctx.awaitDone();
                    });
            return null;
          });

      assertThat(held.get().get(RequestInfo.REQUEST_ID)).isEqualTo("r-1");
      assertThat(held.get().cause()).isEqualTo(CancelReason.SHUTDOWN);
      assertThat(exchange.responses).containsExactly(503);
    }

    @Test
    void shortens_the_time_and_never_lengthens_it() throws Exception {
      List<Object> left = new ArrayList<>();
      ServerFilter[] filters = {TimeLimit.of(ofSeconds(5)), Propagated.ofDefaults()};

      serve(
          stack(filters),
          FakeExchange.get("/").with(HeaderNames.TIMEOUT_MS, "300"),
          (ctx, e) -> left.add(ctx.timeLeft()));
      serve(
          stack(filters),
          FakeExchange.get("/").with(HeaderNames.TIMEOUT_MS, "315360000000"), // ten years
          (ctx, e) -> left.add(ctx.timeLeft()));

      assertThat(left).containsExactly(ofMillis(300), ofSeconds(5));
    }

    @Test
    void ends_in_a_504_like_the_servers_own_limit() throws Exception {
      FakeExchange exchange = FakeExchange.get("/").with(HeaderNames.TIMEOUT_MS, "300");
      ExchangeEnd end =
          serve(
              stack(TimeLimit.of(ofSeconds(5)), Propagated.ofDefaults()),
              exchange,
              (ctx, e) -> ctx.sleep(ofSeconds(1)));

      assertThat(exchange.responses).containsExactly(504);
      assertThat(end.duration()).isEqualTo(ofMillis(300));
    }

    @Test
    void is_refused_before_work_if_it_comes_too_late() throws Exception {
      FakeExchange exchange = FakeExchange.get("/").with(HeaderNames.GRPC_TIMEOUT, "0m");
      List<String> worked = new ArrayList<>();
      // A single late request exceeds a share of the requests; this guard has none.
      Propagation all =
          Propagation.builder("shop")
              .guard(dev.resilience.propagation.DeadlineGuard.share(1))
              .build();

      serve(stack(Propagated.by(all)), exchange, (ctx, e) -> worked.add("worked"));

      assertThat(worked).isEmpty();
      assertThat(exchange.responses).containsExactly(503);
      assertThat(exchange.responseHeaders).containsEntry(HeaderNames.REFUSED, "late");
    }
  }

  @Nested
  class An_exchange {

    @Test
    void is_served_once() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      ServerStack stack = stack();
      serve(stack, exchange, (ctx, e) -> e.reply(200, ""));

      assertThatThrownBy(() -> stack.serve(exchange, (ctx, e) -> {}))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("an exchange is served once");
    }

    @Test
    void is_answered_once() throws Exception {
      FakeExchange exchange = FakeExchange.get("/");
      AtomicReference<Throwable> second = new AtomicReference<>();
      serve(
          stack(),
          exchange,
          (ctx, e) -> {
            e.reply(200, "one");
            second.set(failureOf(() -> e.reply(200, "two")));
          });

      assertThat(second.get()).hasMessage("answered already, with 200");
      assertThat(exchange.body).hasToString("one");
    }

    @Test
    void takes_no_header_that_would_forge_another() {
      assertThatThrownBy(() -> FakeExchange.get("/").setHeader("X-Echo", "a\r\nSet-Cookie: b"))
          .hasMessage(
              "X-Echo: a\\r\\nSet-Cookie: b (expected: visible ASCII characters and spaces)");
    }

    @Test
    void has_the_parameters_of_its_query() {
      FakeExchange exchange = FakeExchange.get("/users?id=a%20b&empty=&flag");
      assertThat(exchange.parameter("id")).contains("a b");
      assertThat(exchange.parameter("empty")).contains("");
      assertThat(exchange.parameter("flag")).contains("");
      assertThat(exchange.parameter("other")).isEmpty();
      assertThatThrownBy(() -> FakeExchange.get("/?a=%zz").parameter("a"))
          .isInstanceOf(BadRequestException.class);
    }
  }

  @Test
  void builders_refuse_a_blank_name() {
    assertThatThrownBy(() -> ServerStack.builder(" "))
        .hasMessage("name: ' ' (expected: not blank)");
  }

  @Test
  void the_end_of_a_context_of_the_handlers_own_is_a_504_too() throws Exception {
    FakeExchange exchange = FakeExchange.get("/");
    serve(
        stack(),
        exchange,
        (ctx, e) -> {
          try (var call = ctx.withTimeout(ofMillis(100))) {
            call.sleep(ofSeconds(1));
          }
        });

    assertThat(exchange.responses).containsExactly(504);
    assertThat(exchange.end.failure()).get().isInstanceOf(DeadlineExceededException.class);
  }

  // ---- helpers

  interface Action {
    void run() throws Exception;
  }

  static Throwable failureOf(Action action) {
    try {
      action.run();
      return null;
    } catch (Throwable failure) {
      return failure;
    }
  }

  /** Work that hears of interrupts only. */
  private void sleepIgnorantOfContexts(long nanos) throws InterruptedException {
    time.parkUntil("work", time.nanoTime() + nanos);
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }
}
