package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.http.client.HttpConnectionException;
import dev.resilience.http.client.HttpStatusException;
import dev.resilience.http.client.ResilientHttpClient;
import dev.resilience.propagation.HopPath;
import java.io.IOException;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two servers in a row, over real sockets. */
@Timeout(60)
class ServerTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final CancellableContext servers = Context.background().withCancel();
  private final Clients clients =
      new Clients(
          "test",
          name -> {
            throw new AssertionError(name);
          });
  private final ResilientHttpClient http = clients.plain("any");
  private final List<Server> started = new ArrayList<>();

  @AfterEach
  void end() {
    servers.cancel(CancelReason.SHUTDOWN);
    started.forEach(Server::close);
    clients.close();
  }

  private Server server(String name, Optional<Fault> fault, Server.Handler handler)
      throws IOException {
    var server = new Server(servers, new HopStats(name), LONG, 0, () -> fault, handler);
    started.add(server);
    return server;
  }

  private String get(Context ctx, Server server) throws IOException {
    return http.fetch(ctx, Client.request(server.uri(), "GET", "tea"), BodyHandlers.ofString());
  }

  @Test
  void identity_path_and_a_shrinking_deadline_arrive_at_the_last_hop() throws Exception {
    BlockingQueue<Context> seen = new LinkedBlockingQueue<>();
    Server last =
        server(
            "last",
            Optional.empty(),
            (ctx, item) -> {
              seen.add(ctx);
              return "more " + item;
            });
    Server first = server("first", Optional.empty(), (ctx, item) -> get(ctx, last));
    Context caller =
        RequestInfo.builder()
            .requestId("r-1")
            .userId("u-2")
            .build()
            .in(Context.background())
            .withTimeout(Duration.ofSeconds(30));

    assertThat(get(caller, first)).isEqualTo("more tea");

    Context ctx = seen.take();
    assertThat(ctx.get(RequestInfo.REQUEST_ID)).isEqualTo("r-1");
    assertThat(ctx.get(RequestInfo.USER_ID)).isEqualTo("u-2");
    assertThat(ctx.require(HopPath.KEY).services()).contains("first").endsWith("last");
    assertThat(ctx.deadline()).isPresent();
  }

  @Test
  void a_caller_that_leaves_stops_the_work_two_hops_away() throws Exception {
    var working = new CountDownLatch(1);
    BlockingQueue<Context> stopped = new LinkedBlockingQueue<>();
    Server last =
        server(
            "last",
            Optional.empty(),
            (ctx, item) -> {
              working.countDown();
              try {
                HopStats.of(ctx).work(ctx, LONG);
                return "slept it out";
              } finally {
                stopped.add(ctx);
              }
            });
    Server first = server("first", Optional.empty(), (ctx, item) -> get(ctx, last));
    try (var caller = Context.background().withTimeout(LONG)) {
      var answer =
          http.sendAsync(
              caller, Client.request(first.uri(), "GET", "tea"), BodyHandlers.ofString());
      working.await();
      caller.cancel(CancelReason.USER);
      Context ended = stopped.poll(30, TimeUnit.SECONDS);
      assertThat(ended).isNotNull();
      assertThat(ended.isCancelled()).isTrue();
      assertThat(answer.toCompletableFuture()).isCompletedExceptionally();
    }
  }

  @Test
  void faults_are_what_they_are_called() throws Exception {
    for (Fault fault : List.of(Fault.ERRORS, Fault.BUSY)) {
      Server server = server(fault.name(), Optional.of(fault), (ctx, item) -> item);
      assertThatThrownBy(() -> get(Context.background(), server))
          .isInstanceOfSatisfying(
              HttpStatusException.class,
              status -> assertThat(status.status()).isEqualTo(fault == Fault.BUSY ? 503 : 500));
    }
    Server dropping = server("dropping", Optional.of(Fault.DROPPED), (ctx, item) -> item);
    assertThatThrownBy(() -> get(Context.background(), dropping))
        .isInstanceOf(HttpConnectionException.class);
  }

  @Test
  void it_refuses_connections_while_its_port_is_shut_and_takes_them_again() throws Exception {
    Server server = server("shut", Optional.empty(), (ctx, item) -> item);
    server.shut();
    assertThatThrownBy(() -> get(Context.background(), server))
        .isInstanceOf(HttpConnectionException.class);
    server.listen();
    assertThat(get(Context.background(), server)).isEqualTo("tea");
  }

  @Test
  void a_port_in_use_is_named() throws IOException {
    int taken = server("taken", Optional.empty(), (ctx, item) -> item).uri().getPort();
    assertThatThrownBy(
            () ->
                new Server(
                    servers, new HopStats("x"), LONG, taken, Optional::empty, (c, item) -> item))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("port " + taken + " is in use");
  }
}
