package dev.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.HopPath;
import dev.resilience.propagation.Propagation;
import dev.resilience.propagation.TraceContext;
import dev.resilience.time.VirtualTime;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class PropagationTest {

  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final List<Context> contexts = new ArrayList<>();
  private Duration takes = Duration.ZERO;
  private int failures;

  private final Wire.Service service =
      new Wire.Service() {
        @Override
        void unary(String request, StreamObserver<String> answer) {
          contexts.add(GrpcContexts.current());
          if (!takes.isZero()) {
            time.advance(takes);
          }
          if (failures-- > 0) {
            answer.onError(Status.UNAVAILABLE.asRuntimeException());
          } else {
            answer.onNext(request);
            answer.onCompleted();
          }
        }
      };

  private static Propagation wire(String name, Boundary boundary) {
    return Propagation.builder(name).writes().callers(boundary).dependencies(boundary).build();
  }

  private static Seen call(Channel channel, Context ctx) {
    Seen seen = new Seen();
    CallOptions options = CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, ctx);
    CallKind.UNARY.start(channel, options, seen);
    return seen;
  }

  @ParameterizedTest
  @EnumSource(Wire.Transport.class)
  void what_belongs_to_a_request_travels_with_it(Wire.Transport transport) throws Exception {
    Propagation inside = wire("orders", Boundary.inside());
    var server =
        ContextServerInterceptor.builder().propagation(wire("stock", Boundary.inside())).build();
    try (var wire = Wire.open(transport, service, server)) {
      Channel channel = wire.channel(ContextClientInterceptor.ofDefaults().withPropagation(inside));
      Context ctx =
          Criticality.SHEDDABLE
              .in(Context.background())
              .withValue(RequestInfo.REQUEST_ID, "req-1")
              .withValue(RequestInfo.USER_ID, "ada")
              .withValue(TraceContext.KEY, TraceContext.of(TRACE));
      assertThat(call(channel, ctx).status().isOk()).isTrue();
      Context served = contexts.get(0);
      assertThat(served.get(RequestInfo.REQUEST_ID)).isEqualTo("req-1");
      assertThat(served.get(RequestInfo.USER_ID)).isEqualTo("ada");
      assertThat(served.require(TraceContext.KEY).traceId())
          .isEqualTo("0af7651916cd43dd8448eb211c80319c");
      assertThat(Criticality.of(served)).isEqualTo(Criticality.SHEDDABLE);
      assertThat(served.require(HopPath.KEY).services()).containsExactly("orders", "stock");
      // The client may have its answer a moment before the server is done with the call.
      await().until(served::isDone);
    }
  }

  @Test
  void a_stranger_is_not_believed() throws Exception {
    Propagation outside = wire("stock", Boundary.outside());
    var server = ContextServerInterceptor.builder().propagation(outside).build();
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("x-user-id", Metadata.ASCII_STRING_MARSHALLER), "root");
    headers.put(
        Metadata.Key.of("x-criticality", Metadata.ASCII_STRING_MARSHALLER), "CRITICAL_PLUS");
    headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), "\u00ff\u0000!");
    headers.put(Metadata.Key.of("x-request-timeout-ms", Metadata.ASCII_STRING_MARSHALLER), "-5");
    try (var wire = Wire.direct(service, server)) {
      Channel channel = wire.channel(MetadataUtils.newAttachHeadersInterceptor(headers));
      assertThat(call(channel, Context.background()).status().isOk()).isTrue();
      Context served = contexts.get(0);
      assertThat(served.has(RequestInfo.USER_ID)).isFalse();
      assertThat(Criticality.of(served)).isEqualTo(Criticality.CRITICAL);
      assertThat(served.has(TraceContext.KEY)).isFalse();
      assertThat(served.deadline()).isEmpty();
    }
  }

  /** A deadline in another header than gRPC's: from a gateway, for example. */
  @Test
  void a_deadline_in_any_header_shortens_and_ends_the_request_with_its_owner() throws Exception {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("x-request-timeout-ms", Metadata.ASCII_STRING_MARSHALLER), "1500");
    var server =
        ContextServerInterceptor.builder()
            .parent(Context.background(time))
            .propagation(wire("stock", Boundary.outside()))
            .timeout(Duration.ofSeconds(5))
            .build();
    var silent =
        new Wire.Service() {
          @Override
          void unary(String request, StreamObserver<String> answer) {
            contexts.add(GrpcContexts.current());
          }
        };
    try (var wire = Wire.direct(silent, server)) {
      Channel channel = wire.channel(MetadataUtils.newAttachHeadersInterceptor(headers));
      Seen seen = call(channel, Context.background());
      assertThat(contexts.get(0).timeLeft()).isEqualTo(Duration.ofMillis(1500));
      time.advance(Duration.ofMillis(1500));
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(time.pendingTimers()).isZero();
    }
  }

  @Test
  void each_attempt_has_its_number() throws Exception {
    failures = 2;
    var server =
        ContextServerInterceptor.builder().propagation(wire("stock", Boundary.outside())).build();
    try (var wire = Wire.direct(service, server)) {
      Channel channel =
          wire.channel(
              ContextClientInterceptor.forRpc("stock")
                  .withPropagation(wire("orders", Boundary.outside())));
      Seen seen = new Seen();
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          channel.newCall(
              Strings.IDEMPOTENT,
              CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, Context.background(time))),
          "a",
          seen);
      time.advance(Duration.ofSeconds(5));
      assertThat(seen.status().isOk()).isTrue();
      assertThat(contexts).extracting(ctx -> ctx.get(Propagation.ATTEMPT)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void a_call_that_can_hardly_be_answered_in_time_is_not_sent() throws Exception {
    takes = Duration.ofSeconds(100);
    Context root = Context.background(time);
    try (var wire = Wire.direct(service)) {
      Channel channel =
          wire.channel(
              ContextClientInterceptor.forRpc("stock")
                  .withPropagation(wire("orders", Boundary.outside())));
      for (int i = 0; i < 10; i++) {
        assertThat(call(channel, root).status().isOk()).isTrue();
      }
      try (var hurried = root.withTimeout(Duration.ofSeconds(60))) {
        Seen seen = call(channel, hurried);
        assertThat(seen.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(seen.status().getCause()).isInstanceOf(NoTimeLeftException.class);
      }
      assertThat(contexts).hasSize(10);
    }
  }
}
