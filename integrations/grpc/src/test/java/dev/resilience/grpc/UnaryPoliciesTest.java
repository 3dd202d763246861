package dev.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class UnaryPoliciesTest {

  private static final Status DOWN = Status.UNAVAILABLE;

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final Seen seen = new Seen();

  /** Fails as scripted, then answers. */
  private static final class Scripted extends Wire.Service {

    private final Deque<StatusRuntimeException> failures = new ArrayDeque<>();
    int calls;

    Scripted failing(Status status) {
      return failing(status, new Metadata());
    }

    Scripted failing(Status status, Metadata trailers) {
      failures.add(status.asRuntimeException(trailers));
      return this;
    }

    @Override
    void unary(String request, StreamObserver<String> answer) {
      calls++;
      StatusRuntimeException failure = failures.poll();
      if (failure != null) {
        answer.onError(failure);
      } else {
        answer.onNext(request + calls);
        answer.onCompleted();
      }
    }
  }

  private final Scripted service = new Scripted();

  private static Metadata pushback(String value) {
    Metadata trailers = new Metadata();
    trailers.put(Pushback.KEY, value);
    return trailers;
  }

  private static Metadata refused() {
    Metadata trailers = new Metadata();
    trailers.put(Pushback.REFUSED, "limit");
    return trailers;
  }

  private ClientCall<String, String> start(
      Channel channel, MethodDescriptor<String, String> method, Context ctx) {
    ClientCall<String, String> call =
        channel.newCall(method, CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, ctx));
    ClientCalls.asyncUnaryCall(call, "a", seen);
    return call;
  }

  @Test
  void an_idempotent_method_is_tried_again() throws Exception {
    service.failing(DOWN).failing(DOWN);
    try (var wire = Wire.direct(service)) {
      start(wire.channel(ContextClientInterceptor.forRpc("quotes")), Strings.IDEMPOTENT, root);
      assertThat(service.calls).isOne();
      time.advance(Duration.ofSeconds(1));
      assertThat(seen.status().isOk()).isTrue();
      assertThat(seen.messages).containsExactly("a3");
      assertThat(time.pendingTimers()).isZero();
    }
  }

  @Test
  void another_method_is_not_tried_again_if_it_may_have_been_done() throws Exception {
    service.failing(DOWN.withDescription("gone"));
    try (var wire = Wire.direct(service)) {
      start(wire.channel(ContextClientInterceptor.forRpc("quotes")), Strings.UNARY, root);
      assertThat(seen.status().getDescription()).isEqualTo("gone");
      time.advance(Duration.ofMinutes(1));
      assertThat(service.calls).isOne();
    }
  }

  @Test
  void another_method_is_not_tried_again_if_a_refusal_leaves_open_what_was_done() throws Exception {
    service.failing(DOWN, pushback("5"));
    assertFailsAtOnce(Strings.UNARY);
  }

  @Test
  void any_method_is_tried_again_if_it_was_refused_before_work() throws Exception {
    service.failing(DOWN, refused());
    try (var wire = Wire.direct(service)) {
      start(wire.channel(ContextClientInterceptor.forRpc("quotes")), Strings.UNARY, root);
      time.advance(Duration.ofSeconds(1));
      assertThat(seen.messages).containsExactly("a2");
    }
  }

  @Test
  void the_pushback_is_waited_for() throws Exception {
    service.failing(DOWN, pushback("3000"));
    try (var wire = Wire.direct(service)) {
      start(wire.channel(ContextClientInterceptor.forRpc("quotes")), Strings.IDEMPOTENT, root);
      time.advance(Duration.ofMillis(2_999));
      assertThat(service.calls).isOne();
      time.advance(Duration.ofMillis(400)); // and up to a tenth of jitter
      assertThat(seen.messages).containsExactly("a2");
    }
  }

  @Test
  void a_pushback_that_says_never_ends_the_call() throws Exception {
    service.failing(DOWN, pushback("-1"));
    assertFailsAtOnce(Strings.IDEMPOTENT);
  }

  private void assertFailsAtOnce(MethodDescriptor<String, String> method) throws Exception {
    try (var wire = Wire.direct(service)) {
      start(wire.channel(ContextClientInterceptor.forRpc("quotes")), method, root);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      time.advance(Duration.ofMinutes(1));
      assertThat(service.calls).isOne();
    }
  }

  @Test
  void a_pushback_beyond_the_deadline_ends_the_call_at_once() throws Exception {
    service.failing(DOWN, pushback("3000"));
    try (var wire = Wire.direct(service);
        var ctx = root.withTimeout(Duration.ofSeconds(2))) {
      start(wire.channel(ContextClientInterceptor.forRpc("quotes")), Strings.IDEMPOTENT, ctx);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void an_answer_in_the_shape_of_a_status_is_not_tried_again() throws Exception {
    service.failing(Status.NOT_FOUND);
    try (var wire = Wire.direct(service)) {
      start(wire.channel(ContextClientInterceptor.forRpc("quotes")), Strings.IDEMPOTENT, root);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(service.calls).isOne();
    }
  }

  @Test
  void an_open_circuit_is_a_status_with_a_pushback_of_its_own() throws Exception {
    var breaker =
        Breaker.builder("quotes")
            .consecutiveFailures(1)
            .openFor(Duration.ofSeconds(5))
            .classifier(GrpcStatuses.classifier())
            .build();
    service.failing(DOWN);
    try (var wire = Wire.direct(service)) {
      Channel channel = wire.channel(ContextClientInterceptor.of(Resilience.of(breaker)));
      ClientCalls.asyncUnaryCall(
          channel.newCall(
              Strings.UNARY, CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, root)),
          "a",
          new Seen());
      start(channel, Strings.UNARY, root);
      assertThat(service.calls).isOne();
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(seen.status().getCause()).isInstanceOf(CircuitOpenException.class);
      assertThat(GrpcStatuses.retryAfter(seen.failure())).contains(Duration.ofSeconds(5));
    }
  }

  @Test
  void all_methods_share_one_circuit() throws Exception {
    for (int i = 0; i < 40; i++) {
      service.failing(Status.INTERNAL);
    }
    try (var wire = Wire.direct(service)) {
      Channel channel = wire.channel(ContextClientInterceptor.forRpc("quotes"));
      for (int i = 0; i < 40; i++) {
        ClientCalls.asyncUnaryCall(
            channel.newCall(
                Strings.UNARY, CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, root)),
            "a",
            new Seen());
      }
      assertThat(service.calls).isLessThan(40);
      start(channel, Strings.IDEMPOTENT, root);
      assertThat(seen.status().getCause()).isInstanceOf(CircuitOpenException.class);
    }
  }

  @Test
  void a_cancelled_call_ends_its_attempts_and_back_offs() throws Exception {
    service.failing(DOWN, pushback("30000"));
    try (var wire = Wire.direct(service)) {
      ClientCall<String, String> call =
          start(wire.channel(ContextClientInterceptor.forRpc("quotes")), Strings.IDEMPOTENT, root);
      assertThat(time.pendingTimers()).isOne();
      call.cancel("user", null);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(seen.status().getCause()).isInstanceOf(ContextCancelledException.class);
      assertThat(time.pendingTimers()).isZero();
    }
  }

  /** The server sees the time that is left for this attempt, not what there was for the first. */
  @Test
  void each_attempt_has_the_deadline_that_is_left() throws Exception {
    var lefts = new java.util.ArrayList<Duration>();
    var failing =
        new Wire.Service() {
          @Override
          void unary(String request, StreamObserver<String> answer) {
            lefts.add(GrpcContexts.current().timeLeft());
            answer.onError(DOWN.asRuntimeException());
          }
        };
    var retry = Retry.builder().backoff(Backoff.constant(Duration.ofSeconds(100))).build();
    try (var wire = Wire.direct(failing, ContextServerInterceptor.ofDefaults());
        var ctx = root.withTimeout(Duration.ofSeconds(1000))) {
      start(wire.channel(ContextClientInterceptor.of(Resilience.of(retry))), Strings.UNARY, ctx);
      time.advance(Duration.ofSeconds(200));
      assertThat(lefts).hasSize(3);
      assertThat(lefts.get(1)).isLessThanOrEqualTo(Duration.ofMinutes(15));
      assertThat(lefts.get(2)).isLessThanOrEqualTo(Duration.ofSeconds(800));
    }
  }

  /** A blocking stub waits on an executor of its own, which must be told of an end. */
  @ParameterizedTest
  @EnumSource(Wire.Transport.class)
  void a_blocking_stub_is_woken(Wire.Transport transport) throws Exception {
    service.failing(DOWN);
    try (var wire = Wire.open(transport, service)) {
      Channel channel = wire.channel(ContextClientInterceptor.forRpc("quotes"));
      assertThat(
              ClientCalls.blockingUnaryCall(channel, Strings.IDEMPOTENT, CallOptions.DEFAULT, "a"))
          .isEqualTo("a2");
      service.failing(DOWN, pushback("-1"));
      assertThatThrownBy(
              () ->
                  ClientCalls.blockingUnaryCall(
                      channel, Strings.IDEMPOTENT, CallOptions.DEFAULT, "a"))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(
              ClientCalls.futureUnaryCall(channel.newCall(Strings.UNARY, CallOptions.DEFAULT), "b")
                  .get(20, java.util.concurrent.TimeUnit.SECONDS))
          .isEqualTo("b4");
    }
  }

  @Test
  void streams_go_to_the_server_once() throws Exception {
    var counting =
        new Wire.Service() {
          int calls;

          @Override
          void serverStream(String request, StreamObserver<String> answer) {
            calls++;
            answer.onError(DOWN.asRuntimeException());
          }
        };
    try (var wire = Wire.direct(counting)) {
      CallKind.SERVER_STREAM.start(
          wire.channel(ContextClientInterceptor.forRpc("quotes")), CallOptions.DEFAULT, seen);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(counting.calls).isOne();
    }
  }
}
