package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.Failures;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A context over HTTP: two services in a row, and a client, over real sockets. */
class HttpTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final CancellableContext servers = Context.background().withCancel();
  private final HttpCalls http = new HttpCalls("test");
  private final List<HttpService> services = new ArrayList<>();
  private final HopStats lastHop = new HopStats("last");

  @AfterEach
  void end() {
    servers.cancel(CancelReason.SHUTDOWN);
    services.forEach(HttpService::close);
    http.close();
  }

  private HttpService service(HopStats stats, HttpService.Handler handler) throws IOException {
    return service(stats, Optional::empty, handler);
  }

  private HttpService service(
      HopStats stats, HttpService.Misbehaviour misbehaviour, HttpService.Handler handler)
      throws IOException {
    var service = new HttpService(servers, stats, LONG, 0, new Wire(), misbehaviour, handler);
    services.add(service);
    return service;
  }

  /** A service that passes each request on. */
  private HttpService before(HttpService next) throws IOException {
    return service(new HopStats("first"), (ctx, body) -> http.post(ctx, next.uri(), body));
  }

  /** How a request is made: both ways must do the same. */
  enum Way {
    BLOCKING,
    ASYNCHRONOUS
  }

  private CompletableFuture<String> send(Way way, Context ctx, HttpService to) {
    if (way == Way.ASYNCHRONOUS) {
      return http.postAsync(ctx, to.uri(), "hello").toCompletableFuture();
    }
    var answer = new CompletableFuture<String>();
    var thread =
        new Thread(
            () -> {
              try {
                answer.complete(http.post(ctx, to.uri(), "hello"));
              } catch (Throwable failure) {
                answer.completeExceptionally(failure);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return answer;
  }

  private static @Nullable Throwable failureOf(CompletableFuture<?> answer) throws Exception {
    try {
      answer.get(30, TimeUnit.SECONDS);
      return null;
    } catch (ExecutionException failed) {
      return Failures.unwrap(failed.getCause() == null ? failed : failed.getCause());
    }
  }

  @ParameterizedTest
  @EnumSource
  void identity_and_a_shrinking_deadline_arrive_at_the_last_hop(Way way) throws Exception {
    BlockingQueue<Context> seen = new LinkedBlockingQueue<>();
    BlockingQueue<Duration> left = new LinkedBlockingQueue<>();
    HttpService last =
        service(
            lastHop,
            (ctx, body) -> {
              seen.add(ctx);
              left.add(ctx.timeLeft());
              return body + " yourself";
            });
    HttpService first =
        service(
            new HopStats("first"),
            (ctx, body) -> {
              left.add(ctx.timeLeft());
              return http.post(ctx, last.uri(), body);
            });
    Context caller =
        RequestInfo.builder()
            .requestId("r-1")
            .userId("u-2")
            .build()
            .in(Context.background())
            .withValue(Wire.HOPS, "test")
            .withTimeout(Duration.ofSeconds(30));

    assertThat(send(way, caller, first).get(30, TimeUnit.SECONDS)).isEqualTo("hello yourself");

    Context ctx = seen.take();
    assertThat(ctx.get(RequestInfo.REQUEST_ID)).isEqualTo("r-1");
    assertThat(ctx.get(RequestInfo.USER_ID)).isEqualTo("u-2");
    assertThat(ctx.get(Wire.HOPS)).isEqualTo("test>first>last");
    Duration atFirst = left.take();
    assertThat(atFirst).isLessThanOrEqualTo(Duration.ofSeconds(30));
    assertThat(left.take()).isLessThan(atFirst);
  }

  @Nested
  class When_nobody_wants_the_answer_any_more {

    private final CountDownLatch working = new CountDownLatch(1);
    private final BlockingQueue<Context> stopped = new LinkedBlockingQueue<>();

    /** Works for ever, unless its context ends. */
    private String work(Context ctx, String body) throws Exception {
      working.countDown();
      try {
        ctx.awaitDone();
        throw ctx.toException();
      } finally {
        stopped.add(ctx);
      }
    }

    @ParameterizedTest
    @EnumSource
    void a_caller_that_leaves_stops_the_work_two_hops_away(Way way) throws Exception {
      HttpService first = before(service(lastHop, this::work));
      CancellableContext caller = Context.background().withTimeout(LONG);
      CompletableFuture<String> answer = send(way, caller, first);
      working.await();

      caller.cancel(CancelReason.USER);

      Context atLastHop = stopped.poll(30, TimeUnit.SECONDS);
      assertThat(atLastHop).isNotNull();
      assertThat(atLastHop.error()).isInstanceOf(ContextCancelledException.class);
      assertThat(atLastHop.cause()).isEqualTo(CancelReason.USER);
      assertThat(failureOf(answer)).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void the_deadline_of_the_caller_stops_the_work_two_hops_away(Way way) throws Exception {
      HttpService first = before(service(lastHop, this::work));
      Context caller = Context.background().withTimeout(Duration.ofSeconds(1));

      CompletableFuture<String> answer = send(way, caller, first);

      assertThat(stopped.poll(30, TimeUnit.SECONDS)).isNotNull();
      assertThat(failureOf(answer)).isNotNull();
      assertThat(caller.error()).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void the_end_of_the_servers_stops_the_work() throws Exception {
      HttpService last = service(lastHop, this::work);
      CompletableFuture<String> answer = send(Way.ASYNCHRONOUS, Context.background(), last);
      working.await();

      servers.cancel(CancelReason.SHUTDOWN);

      Context atLastHop = stopped.poll(30, TimeUnit.SECONDS);
      assertThat(atLastHop).isNotNull();
      assertThat(atLastHop.cause()).isEqualTo(CancelReason.SHUTDOWN);
      assertThat(failureOf(answer)).isInstanceOf(IOException.class);
    }
  }

  @Nested
  class A_service_that_fails {

    private @Nullable Throwable failureWith(Fault fault) throws Exception {
      HttpService service = service(lastHop, () -> Optional.of(fault), (ctx, body) -> body);
      return failureOf(send(Way.ASYNCHRONOUS, Context.background(), service));
    }

    @Test
    void says_so_by_its_status() throws Exception {
      assertThat(failureWith(Fault.ERRORS))
          .isInstanceOfSatisfying(
              HttpStatusException.class,
              failure -> {
                assertThat(failure.status()).isEqualTo(500);
                assertThat(failure.isTheClientsFault()).isFalse();
              });
    }

    @Test
    void says_when_to_come_back() throws Exception {
      assertThat(failureWith(Fault.BUSY))
          .isInstanceOfSatisfying(
              ServerBusyException.class,
              busy -> assertThat(busy.retryAfter()).contains(Duration.ofSeconds(1)));
    }

    @Test
    void drops_the_connection_without_a_word() throws Exception {
      assertThat(failureWith(Fault.DROPPED))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(HttpStatusException.class);
    }

    @Test
    void refuses_connections_while_its_door_is_shut_and_takes_them_again() throws Exception {
      HttpService service = service(lastHop, (ctx, body) -> body);

      service.door().shut();
      assertThat(failureOf(send(Way.ASYNCHRONOUS, Context.background(), service)))
          .isInstanceOf(ConnectException.class);

      service.door().open(servers);
      assertThat(failureOf(send(Way.ASYNCHRONOUS, Context.background(), service))).isNull();
    }

    @Test
    void passes_on_a_status_that_is_the_clients_fault() throws Exception {
      HttpService last =
          service(
              lastHop,
              (ctx, body) -> {
                throw new HttpStatusException(402, "card refused");
              });

      assertThat(failureOf(send(Way.BLOCKING, Context.background(), before(last))))
          .isInstanceOf(HttpStatusException.class)
          .hasMessage("402 card refused");
    }
  }

  @Test
  void a_port_in_use_is_named() throws IOException {
    int taken = service(lastHop, (ctx, body) -> body).door().port();

    assertThatThrownBy(
            () ->
                new HttpService(
                    servers, lastHop, LONG, taken, new Wire(), Optional::empty, (c, body) -> body))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("port " + taken + " is in use");
  }
}
