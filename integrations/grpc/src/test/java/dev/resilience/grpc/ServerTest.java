package dev.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.Failures;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.time.VirtualTime;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class ServerTest {

  private static final Key<String> SITE = Key.of("site", String.class);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final Seen seen = new Seen();

  /** Keeps the observers of its calls, to answer whenever a test likes. */
  private static final class Open extends Wire.Service {

    final List<StreamObserver<String>> answers = new CopyOnWriteArrayList<>();
    final List<Context> contexts = new CopyOnWriteArrayList<>();
    final List<String> cancels = new CopyOnWriteArrayList<>();

    @Override
    void unary(String request, StreamObserver<String> answer) {
      ((ServerCallStreamObserver<String>) answer).setOnCancelHandler(() -> cancels.add(request));
      contexts.add(GrpcContexts.current());
      answers.add(answer);
    }
  }

  private final Open service = new Open();

  private void call(Channel channel, Seen answer) {
    CallKind.UNARY.start(channel, CallOptions.DEFAULT, answer);
  }

  // ---- the context of a call

  @Test
  void the_context_has_the_parents_values_and_clock_and_ends_with_the_answer() throws Exception {
    var interceptor =
        ContextServerInterceptor.builder().parent(root.withValue(SITE, "paris")).build();
    try (var wire = Wire.direct(service, interceptor)) {
      call(wire.channel(), seen);
      Context ctx = service.contexts.get(0);
      assertThat(ctx.get(SITE)).isEqualTo("paris");
      assertThat(ctx.timeSource()).isSameAs(time);
      assertThat(ctx.require(GrpcContexts.GRPC)).isNotNull();
      assertThat(ctx.isDone()).isFalse();

      service.answers.get(0).onNext("answer");
      service.answers.get(0).onCompleted();
      assertThat(seen.status().isOk()).isTrue();
      assertThat(seen.messages).containsExactly("answer");
      assertThat(ctx.isDone()).isTrue();
      assertThat(ctx.cause()).isSameAs(CancelReason.CLOSED);
      assertThat(time.pendingTimers()).isZero();
    }
  }

  @Test
  void the_servers_own_time_limit_answers_once_and_what_comes_later_is_dropped() throws Exception {
    var interceptor =
        ContextServerInterceptor.builder().parent(root).timeout(Duration.ofSeconds(5)).build();
    try (var wire = Wire.direct(service, interceptor)) {
      call(wire.channel(), seen);
      time.advance(Duration.ofSeconds(5));

      assertThat(seen.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(service.contexts.get(0).error()).isInstanceOf(DeadlineExceededException.class);
      assertThat(service.cancels).containsExactly("a");
      var answer = (ServerCallStreamObserver<String>) service.answers.get(0);
      assertThat(answer.isCancelled()).isTrue();
      answer.onNext("late"); // neither sent nor thrown at
      answer.onCompleted();
      assertThat(seen.messages).isEmpty();
    }
  }

  @Test
  void a_client_can_shorten_the_servers_time_and_not_lengthen_it() throws Exception {
    var interceptor = ContextServerInterceptor.builder().timeout(Duration.ofSeconds(5)).build();
    try (var wire = Wire.direct(service, interceptor)) {
      Channel channel = wire.channel();
      for (int seconds : new int[] {2, 3600}) {
        CallKind.UNARY.start(
            channel, CallOptions.DEFAULT.withDeadlineAfter(seconds, TimeUnit.SECONDS), new Seen());
      }
      assertThat(service.contexts.get(0).timeLeft()).isLessThanOrEqualTo(Duration.ofSeconds(2));
      assertThat(service.contexts.get(1).timeLeft())
          .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(5));
    }
  }

  @Test
  void a_shutdown_ends_all_calls_as_unavailable_and_refuses_new_ones() throws Exception {
    var up = root.withCancel();
    var interceptor = ContextServerInterceptor.builder().parent(up).build();
    try (var wire = Wire.direct(service, interceptor)) {
      call(wire.channel(), seen);
      up.cancel(CancelReason.SHUTDOWN);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(GrpcStatuses.isRefusedBeforeWork(seen.failure().getTrailers())).isFalse();

      Seen second = new Seen();
      call(wire.channel(), second);
      assertThat(second.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(GrpcStatuses.isRefusedBeforeWork(second.failure().getTrailers())).isTrue();
      assertThat(service.contexts).hasSize(1);
    }
  }

  /** gRPC's own context ends with ours, for code that knows no other. */
  @Test
  void the_grpc_context_of_the_handler_ends_with_the_context() throws Exception {
    List<io.grpc.Context> grpc = new CopyOnWriteArrayList<>();
    var noting =
        new Wire.Service() {
          @Override
          void unary(String request, StreamObserver<String> answer) {
            grpc.add(io.grpc.Context.current());
          }
        };
    var interceptor =
        ContextServerInterceptor.builder().parent(root).timeout(Duration.ofSeconds(5)).build();
    try (var wire = Wire.direct(noting, interceptor)) {
      call(wire.channel(), seen);
      assertThat(grpc.get(0).isCancelled()).isFalse();
      assertThat(grpc.get(0).getDeadline().timeRemaining(TimeUnit.SECONDS)).isLessThanOrEqualTo(5);
      time.advance(Duration.ofSeconds(5));
      assertThat(grpc.get(0).isCancelled()).isTrue();
      assertThat(io.grpc.Contexts.statusFromCancelled(grpc.get(0)).getCode())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
  }

  // ---- refused before work

  @Test
  void a_full_limit_refuses_before_work_and_says_when_to_come_again() throws Exception {
    var limit = ConcurrencyLimit.of(1);
    var interceptor =
        ContextServerInterceptor.builder()
            .parent(root)
            .limit(limit)
            .pushback(Duration.ofMillis(400))
            .build();
    try (var wire = Wire.direct(service, interceptor)) {
      Channel channel = wire.channel();
      call(channel, seen);
      Seen second = new Seen();
      call(channel, second);

      assertThat(second.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(GrpcStatuses.isRefusedBeforeWork(second.failure().getTrailers())).isTrue();
      assertThat(GrpcStatuses.retryAfter(second.failure()).orElseThrow())
          .isBetween(Duration.ofMillis(200), Duration.ofMillis(601));
      assertThat(service.contexts).hasSize(1);

      service.answers.get(0).onNext("x");
      service.answers.get(0).onCompleted();
      assertThat(limit.snapshot().inUse()).isZero();
    }
  }

  @Test
  void a_rate_limit_refuses_with_the_time_of_the_next_token() throws Exception {
    var interceptor =
        ContextServerInterceptor.builder()
            .parent(root)
            .rate(RateLimit.builder("in").rate(1, Duration.ofSeconds(2)).burst(1).build())
            .build();
    try (var wire = Wire.direct(service, interceptor)) {
      Channel channel = wire.channel();
      call(channel, seen);
      Seen second = new Seen();
      call(channel, second);
      assertThat(second.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(GrpcStatuses.isRefusedBeforeWork(second.failure().getTrailers())).isTrue();
      assertThat(GrpcStatuses.retryAfter(second.failure())).contains(Duration.ofSeconds(2));
      time.advance(Duration.ofSeconds(2)); // the refused one has taken no token
      call(channel, new Seen());
      assertThat(service.contexts).hasSize(2);
    }
  }

  /** Law 5: whatever ends a call gives the permit back, once. */
  @Test
  void the_permit_comes_back_whatever_ends_the_call() throws Exception {
    var limit = ConcurrencyLimit.of(10);
    var up = root.withCancel();
    var interceptor =
        ContextServerInterceptor.builder()
            .parent(up)
            .limit(limit)
            .timeout(Duration.ofSeconds(5))
            .build();
    try (var wire = Wire.direct(service, interceptor)) {
      Channel channel = wire.channel(ContextClientInterceptor.ofDefaults());
      call(channel, new Seen());
      service.answers.get(0).onError(new IllegalStateException("broken"));
      assertThat(limit.snapshot().inUse()).isZero();

      try (var client = Context.background().withCancel()) {
        CallKind.UNARY.start(
            channel, CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, client), new Seen());
        assertThat(limit.snapshot().inUse()).isOne();
        client.cancel();
      }
      assertThat(limit.snapshot().inUse()).isZero();

      call(channel, new Seen());
      time.advance(Duration.ofSeconds(5));
      assertThat(limit.snapshot().inUse()).isZero();

      call(channel, new Seen());
      assertThat(limit.snapshot().inUse()).isOne();
      up.cancel(CancelReason.SHUTDOWN);
      assertThat(limit.snapshot().inUse()).isZero();
    }
  }

  // ---- what a handler fails with

  private static <X extends Throwable> void rethrow(Throwable failure) throws X {
    throw Failures.<X>asThrown(failure);
  }

  private static Wire.Service throwing(Throwable failure) {
    return new Wire.Service() {
      @Override
      void unary(String request, StreamObserver<String> answer) {
        ServerTest.<RuntimeException>rethrow(failure);
      }
    };
  }

  private static Wire.Service answering(Throwable failure) {
    return new Wire.Service() {
      @Override
      void unary(String request, StreamObserver<String> answer) {
        answer.onError(failure);
      }
    };
  }

  /** The secret is in the message and in the name of the breaker, and must stay here. */
  @Test
  void failures_of_ours_become_statuses_without_their_texts() throws Exception {
    var open = new CircuitOpenException("secret-db", Duration.ofMillis(1500));
    for (Wire.Service each : List.of(throwing(open), answering(open))) {
      try (var wire = Wire.direct(each, ContextServerInterceptor.ofDefaults())) {
        Seen answer = new Seen();
        call(wire.channel(), answer);
        assertThat(answer.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(answer.status().getDescription()).doesNotContain("secret");
        assertThat(GrpcStatuses.retryAfter(answer.failure())).contains(Duration.ofMillis(1500));
        // The handler had begun: whoever may not repeat the call must not do so.
        assertThat(GrpcStatuses.isRefusedBeforeWork(answer.failure().getTrailers())).isFalse();
      }
    }
  }

  @Test
  void other_failures_stay_what_grpc_makes_of_them() throws Exception {
    var own = Status.NOT_FOUND.withDescription("no such quote");
    try (var wire =
        Wire.direct(answering(own.asRuntimeException()), ContextServerInterceptor.ofDefaults())) {
      call(wire.channel(), seen);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(seen.status().getDescription()).isEqualTo("no such quote");
    }
    try (var wire =
        Wire.open(
            Wire.Transport.NETTY,
            throwing(new IllegalStateException("secret")),
            ContextServerInterceptor.ofDefaults())) {
      Seen second = new Seen();
      call(wire.channel(), second);
      assertThat(second.status().getCode()).isEqualTo(Status.Code.UNKNOWN);
      assertThat(String.valueOf(second.status().getDescription())).doesNotContain("secret");
    }
  }

  /** Law 13: an error of the handler's, too. */
  @Test
  void an_error_gives_back_what_was_borrowed() throws Exception {
    var limit = ConcurrencyLimit.of(1);
    var interceptor = ContextServerInterceptor.builder().limit(limit).build();
    try (var wire =
        Wire.open(Wire.Transport.IN_PROCESS, throwing(new AssertionError("broken")), interceptor)) {
      call(wire.channel(), seen);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.UNKNOWN);
      // The error ends gRPC's thread, which is not this test's.
      await().dontCatchUncaughtExceptions().until(() -> limit.snapshot().inUse() == 0);
    }
  }

  /**
   * A handler that works on while the time is up on another thread: neither falls over the other.
   */
  @ParameterizedTest
  @EnumSource(Wire.Transport.class)
  void an_end_in_the_midst_of_a_stream_closes_it_once(Wire.Transport transport) throws Exception {
    var ended = new CompletableFuture<Throwable>();
    var endless =
        new Wire.Service() {
          @Override
          void serverStream(String request, StreamObserver<String> answer) {
            Context ctx = GrpcContexts.current();
            try {
              while (!((ServerCallStreamObserver<String>) answer).isCancelled()) {
                answer.onNext("x");
              }
              for (int i = 0; i < 100; i++) {
                answer.onNext("late");
              }
              answer.onCompleted();
              ended.complete(ctx.error());
            } catch (Throwable failure) {
              ended.complete(failure);
            }
          }
        };
    var interceptor = ContextServerInterceptor.builder().timeout(Duration.ofMillis(50)).build();
    try (var wire = Wire.open(transport, endless, interceptor)) {
      CallKind.SERVER_STREAM.start(wire.channel(), CallOptions.DEFAULT, seen);
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(ended.get(20, TimeUnit.SECONDS)).isInstanceOf(DeadlineExceededException.class);
    }
  }

  // ---- the two kinds of context

  @Test
  void a_grpc_context_ends_ours() {
    var grpc = io.grpc.Context.current().withCancellation();
    try (var ctx = GrpcContexts.from(root, grpc)) {
      assertThat(ctx.get(GrpcContexts.GRPC)).isSameAs(grpc);
      var cause = new IllegalStateException("left");
      grpc.cancel(cause);
      assertThat(ctx.isCancelled()).isTrue();
      assertThat(ctx.cause()).isSameAs(cause);
    }
  }

  @Test
  void the_deadline_of_a_grpc_context_is_ours_too() {
    var grpc =
        io.grpc.Context.ROOT.withDeadline(
            io.grpc.Deadline.after(10, TimeUnit.SECONDS), DeadlineWithoutTimer.INSTANCE);
    try (var ctx = GrpcContexts.from(root, grpc)) {
      assertThat(ctx.timeLeft()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(10));
      time.advance(Duration.ofSeconds(10));
      assertThat(ctx.error()).isInstanceOf(DeadlineExceededException.class);
    }
    grpc.cancel(null);
  }

  @Test
  void ours_ends_a_grpc_context_and_is_current_in_it() {
    try (var ctx = root.withTimeout(Duration.ofSeconds(1))) {
      var grpc = GrpcContexts.toGrpc(ctx, io.grpc.Context.ROOT);
      grpc.run(() -> assertThat(GrpcContexts.current()).isSameAs(ctx));
      assertThat(GrpcContexts.current()).isSameAs(Context.background());
      assertThat(grpc.getDeadline()).isNotNull();
      time.advance(Duration.ofSeconds(1));
      assertThat(grpc.isCancelled()).isTrue();
      assertThat(grpc.cancellationCause()).hasCauseInstanceOf(DeadlineExceededException.class);
    }
    try (var ctx = root.withCancel()) {
      var grpc = GrpcContexts.toGrpc(ctx, io.grpc.Context.ROOT);
      ctx.cancel();
      assertThat(grpc.cancellationCause()).isInstanceOf(ContextCancelledException.class);
    }
  }

  @Test
  void a_grpc_context_that_is_no_longer_needed_leaves_no_callback() {
    try (var ctx = root.withTimeout(Duration.ofSeconds(1))) {
      var grpc = GrpcContexts.toGrpc(ctx, io.grpc.Context.ROOT);
      assertThat(time.pendingTimers()).isOne();
      grpc.cancel(null);
      assertThat(time.pendingTimers()).isZero();
    }
  }

  @Test
  void bad_settings_are_refused_at_once() {
    var builder = ContextServerInterceptor.builder();
    assertThatThrownBy(() -> builder.timeout(Duration.ZERO)).hasMessageContaining("timeout");
    assertThatThrownBy(() -> builder.pushback(Duration.ofSeconds(-1)))
        .hasMessageContaining("pushback");
    assertThatThrownBy(() -> ContextClientInterceptor.forRpc(" ")).hasMessageContaining("name");
  }

  /** Blocking stubs: the interrupt of a stack does not stay behind (law 9). */
  @Test
  void a_blocking_stub_under_a_stack_leaves_no_interrupt() throws Exception {
    var stack = GrpcStatuses.preset("quotes").build();
    try (var wire =
            Wire.open(Wire.Transport.NETTY, service, ContextServerInterceptor.ofDefaults());
        var ctx = Context.background().withTimeout(Duration.ofMillis(200))) {
      Channel channel = wire.channel(ContextClientInterceptor.ofDefaults());
      assertThatThrownBy(
              () ->
                  stack.call(
                      ctx,
                      c ->
                          ClientCalls.blockingUnaryCall(
                              channel,
                              Strings.UNARY,
                              CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, c),
                              "a")))
          .isInstanceOf(DeadlineExceededException.class);
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  @Test
  void trailers_of_a_status_exception_are_its_own() {
    Metadata trailers = new Metadata();
    var failure = new StatusRuntimeException(Status.ABORTED, trailers);
    assertThat(GrpcStatuses.trailersOf(failure)).isSameAs(trailers);
  }
}
