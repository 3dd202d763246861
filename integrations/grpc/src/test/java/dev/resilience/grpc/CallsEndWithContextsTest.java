package dev.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.grpc.Wire.Transport;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** All four kinds of calls, without a socket and over HTTP/2. */
@Timeout(60)
class CallsEndWithContextsTest {

  /** Never answers; tells the contexts that its handlers ran under. */
  private static final class Silent extends Wire.Service {

    final BlockingQueue<Context> contexts = new LinkedBlockingQueue<>();
    final AtomicInteger cancelsHeard = new AtomicInteger();

    private void begin(StreamObserver<String> answer) {
      ((ServerCallStreamObserver<String>) answer).setOnCancelHandler(cancelsHeard::incrementAndGet);
      contexts.add(GrpcContexts.current());
    }

    @Override
    void unary(String request, StreamObserver<String> answer) {
      begin(answer);
    }

    @Override
    void serverStream(String request, StreamObserver<String> answer) {
      begin(answer);
      answer.onNext("one");
    }

    @Override
    StreamObserver<String> clientStream(StreamObserver<String> answer) {
      begin(answer);
      return super.clientStream(answer);
    }

    @Override
    StreamObserver<String> bidi(StreamObserver<String> answer) {
      begin(answer);
      return super.bidi(answer);
    }

    Context next() throws InterruptedException {
      Context ctx = contexts.poll(20, TimeUnit.SECONDS);
      assertThat(ctx).isNotNull();
      return ctx;
    }
  }

  private final Silent service = new Silent();
  private final Seen seen = new Seen();

  static Stream<Arguments> kinds() {
    return Stream.of(Transport.values())
        .flatMap(
            transport -> Stream.of(CallKind.values()).map(kind -> Arguments.of(transport, kind)));
  }

  private static CallOptions under(Context ctx) {
    return CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, ctx);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void a_cancelled_context_ends_the_call_and_the_servers_context(Transport transport, CallKind kind)
      throws Exception {
    try (var wire = Wire.open(transport, service, ContextServerInterceptor.ofDefaults());
        var ctx = Context.background().withCancel()) {
      kind.start(wire.channel(ContextClientInterceptor.ofDefaults()), under(ctx), seen);
      Context served = service.next();
      assertThat(served.isDone()).isFalse();

      ctx.cancel(new IllegalStateException("page left"));

      assertThat(seen.status().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(seen.status().getCause())
          .isInstanceOf(ContextCancelledException.class)
          .hasRootCauseMessage("page left");
      assertThat(served.awaitDone(Duration.ofSeconds(20))).isTrue();
      assertThat(served.error()).isInstanceOf(ContextCancelledException.class);
      assertThat(served.cause()).isSameAs(CancelReason.USER);
      await().until(() -> service.cancelsHeard.get() == 1);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void a_deadline_crosses_the_wire_and_ends_both_sides(Transport transport, CallKind kind)
      throws Exception {
    try (var wire = Wire.open(transport, service, ContextServerInterceptor.ofDefaults())) {
      Channel channel = wire.channel(ContextClientInterceptor.ofDefaults());
      // A cold connection may take longer than the deadline, on a busy machine.
      kind.start(channel, under(Context.background().withName("first")), new Seen());
      service.next();
      try (var ctx = Context.background().withTimeout(Duration.ofMillis(400))) {
        kind.start(channel, under(ctx), seen);
        Context served = service.next();
        assertThat(served.deadline()).isPresent();
        assertThat(served.timeLeft()).isLessThanOrEqualTo(Duration.ofMillis(400));

        assertThat(seen.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(seen.status().getCause()).isInstanceOf(DeadlineExceededException.class);
        assertThat(served.awaitDone(Duration.ofSeconds(20))).isTrue();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void a_call_whose_context_has_ended_is_not_sent(Transport transport, CallKind kind)
      throws Exception {
    try (var wire = Wire.open(transport, service, ContextServerInterceptor.ofDefaults());
        var ctx = Context.background().withCancel()) {
      ctx.cancel();
      kind.start(wire.channel(ContextClientInterceptor.ofDefaults()), under(ctx), seen);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.CANCELLED);
      // One that is sent after it is the first that the server sees.
      kind.start(
          wire.channel(ContextClientInterceptor.ofDefaults()),
          under(Context.background().withName("second")),
          new Seen());
      service.next();
      assertThat(service.contexts).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void a_lost_connection_ends_the_servers_context(Transport transport) throws Exception {
    try (var wire = Wire.open(transport, service, ContextServerInterceptor.ofDefaults())) {
      CallKind.BIDI.start(
          wire.channel(ContextClientInterceptor.ofDefaults()), CallOptions.DEFAULT, seen);
      Context served = service.next();
      wire.cut();
      assertThat(served.awaitDone(Duration.ofSeconds(20))).isTrue();
      assertThat(served.cause()).isSameAs(CancelReason.USER);
    }
  }

  /** gRPC tells the listener of a call only when its handler has returned. */
  @ParameterizedTest
  @EnumSource(Transport.class)
  void a_busy_handler_hears_the_client_leave(Transport transport) throws Exception {
    BlockingQueue<Throwable> ends = new LinkedBlockingQueue<>();
    BlockingQueue<Boolean> began = new LinkedBlockingQueue<>();
    var busy =
        new Wire.Service() {
          @Override
          void unary(String request, StreamObserver<String> answer) {
            Context ctx = GrpcContexts.current();
            began.add(true);
            try {
              ctx.sleep(Duration.ofMinutes(1));
              ends.add(new AssertionError("slept it out"));
            } catch (Throwable end) {
              ends.add(end);
            }
          }
        };
    try (var wire = Wire.open(transport, busy, ContextServerInterceptor.ofDefaults());
        var ctx = Context.background().withCancel()) {
      CallKind.UNARY.start(wire.channel(ContextClientInterceptor.ofDefaults()), under(ctx), seen);
      began.poll(20, TimeUnit.SECONDS);
      ctx.cancel();
      assertThat(ends.poll(20, TimeUnit.SECONDS)).isInstanceOf(ContextCancelledException.class);
    }
  }

  @Test
  void a_deadline_only_ever_shortens() {
    List<CallOptions> sent = new CopyOnWriteArrayList<>();
    ClientInterceptor spy =
        new ClientInterceptor() {
          @Override
          public <Q, A> ClientCall<Q, A> interceptCall(
              MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            sent.add(options);
            return next.newCall(method, options);
          }
        };
    try (var wire = Wire.direct(service);
        var second = Context.background().withTimeout(Duration.ofSeconds(1));
        var minute = Context.background().withTimeout(Duration.ofMinutes(1))) {
      // The interceptor that is given last is asked first.
      Channel channel = wire.channel(spy, ContextClientInterceptor.ofDefaults());
      CallOptions half = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
      channel.newCall(Strings.UNARY, half.withOption(GrpcContexts.CONTEXT, second));
      channel.newCall(Strings.UNARY, half.withOption(GrpcContexts.CONTEXT, minute));
      channel.newCall(Strings.UNARY, half);
      channel.newCall(Strings.UNARY, CallOptions.DEFAULT);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(sent.get(0).getDeadline().timeRemaining(TimeUnit.MILLISECONDS)).isBetween(0L, 1000L);
    assertThat(sent.get(1).getDeadline().timeRemaining(TimeUnit.SECONDS)).isBetween(1L, 30L);
    assertThat(sent.get(2).getDeadline().timeRemaining(TimeUnit.SECONDS)).isBetween(1L, 30L);
    assertThat(sent.get(3).getDeadline()).isNull();
  }

  /** Inside of a request, calls end with it, though nobody passes its context on. */
  @ParameterizedTest
  @EnumSource(Transport.class)
  void a_chain_of_services_ends_from_its_beginning(Transport transport) throws Exception {
    try (var last = Wire.open(transport, service, ContextServerInterceptor.ofDefaults())) {
      Channel toLast = last.channel(ContextClientInterceptor.ofDefaults());
      var middle =
          new Wire.Service() {
            @Override
            void unary(String request, StreamObserver<String> answer) {
              CallKind.UNARY.start(toLast, CallOptions.DEFAULT, new Seen());
            }
          };
      try (var first = Wire.open(transport, middle, ContextServerInterceptor.ofDefaults());
          CancellableContext ctx = Context.background().withTimeout(Duration.ofSeconds(30))) {
        CallKind.UNARY.start(
            first.channel(ContextClientInterceptor.ofDefaults()), under(ctx), seen);
        Context served = service.next();
        assertThat(served.timeLeft()).isLessThanOrEqualTo(Duration.ofSeconds(30));
        ctx.cancel();
        assertThat(served.awaitDone(Duration.ofSeconds(20))).isTrue();
        assertThat(served.isCancelled()).isTrue();
      }
    }
  }

  /** Law 14. */
  @Test
  void a_long_lived_context_keeps_nothing_of_a_call_that_is_over() throws Exception {
    var answering =
        new Wire.Service() {
          @Override
          void unary(String request, StreamObserver<String> answer) {
            answer.onNext(request);
            answer.onCompleted();
          }
        };
    BlockingQueue<WeakReference<Object>> calls = new LinkedBlockingQueue<>();
    ClientInterceptor spy =
        new ClientInterceptor() {
          @Override
          public <Q, A> ClientCall<Q, A> interceptCall(
              MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            ClientCall<Q, A> call = next.newCall(method, options);
            calls.add(new WeakReference<>(call));
            return call;
          }
        };
    try (var wire = Wire.direct(answering, ContextServerInterceptor.ofDefaults());
        var longLived = Context.background().withCancel()) {
      Channel channel = wire.channel(spy, ContextClientInterceptor.ofDefaults());
      for (int i = 0; i < 10; i++) {
        Seen each = new Seen();
        CallKind.UNARY.start(channel, under(longLived), each);
        assertThat(each.status().isOk()).isTrue();
      }
      await()
          .untilAsserted(
              () -> {
                System.gc();
                assertThat(calls).allMatch(call -> call.get() == null);
              });
      assertThat(longLived.isDone()).isFalse();
    }
  }
}
