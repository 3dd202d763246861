package dev.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.Propagation;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ServerInterceptor;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The blocks of docs/grpc.md. */
@Timeout(60)
class GrpcSnippetsTest {

  /** As a compiler of protocols makes them. */
  private static final class QuotesGrpc {

    private static final class Stub extends AbstractBlockingStub<Stub> {

      Stub(Channel channel, io.grpc.CallOptions options) {
        super(channel, options);
      }

      @Override
      protected Stub build(Channel channel, io.grpc.CallOptions options) {
        return new Stub(channel, options);
      }

      String quote(String request) {
        return ClientCalls.blockingUnaryCall(
            getChannel(), Strings.IDEMPOTENT, getCallOptions(), request);
      }
    }

    static Stub newBlockingStub(Channel channel) {
      return new Stub(channel, io.grpc.CallOptions.DEFAULT);
    }
  }

  @Test
  void a_client_and_a_server() throws Exception {
    var seen = new LinkedBlockingQueue<String>();
    var service =
        new Wire.Service() {
          @Override
          void unary(String request, StreamObserver<String> answer) {
            Context ctx = GrpcContexts.current();
            seen.add(ctx.require(RequestInfo.REQUEST_ID) + " " + ctx.deadline().isPresent());
            answer.onNext("quote of " + request);
            answer.onCompleted();
          }
        };
    var shutdown = GracefulShutdown.builder("quotes").open(Context.background());
    ServerInterceptor serving =
        ContextServerInterceptor.builder()
            .parent(shutdown.context())
            .timeout(Duration.ofSeconds(5))
            .limit(ConcurrencyLimit.adaptive("quotes").build())
            .propagation(Propagation.builder("quotes").callers(Boundary.inside()).build())
            .build();
    try (var wire = Wire.open(Wire.Transport.NETTY, service, serving)) {
      assertThat(ask(wire.channel(), "order")).isEqualTo("quote of order");
    }
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("req-7 true");
  }

  private static String ask(Channel channel, String order) {
    Channel quotes =
        ClientInterceptors.intercept(
            channel,
            ContextClientInterceptor.forRpc("quotes")
                .withPropagation(Propagation.builder("orders").writes().build()));
    try (var request =
        Context.background()
            .withValue(RequestInfo.REQUEST_ID, "req-7")
            .withTimeout(Duration.ofSeconds(2))) {
      return QuotesGrpc.newBlockingStub(quotes)
          .withOption(GrpcContexts.CONTEXT, request)
          .quote(order);
    }
  }
}
