package dev.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.Propagation;
import dev.resilience.time.VirtualTime;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The line before a server: who waits, who goes first, who is refused. */
@Timeout(60)
class AdmissionTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final Propagation inside =
      Propagation.builder("test")
          .callers(Boundary.inside())
          .dependencies(Boundary.inside())
          .build();
  private final ConcurrencyLimit limit = ConcurrencyLimit.builder("in", 1).maxWaiting(2).build();

  /** Holds its calls. */
  private static final class Held extends Wire.Service {

    final List<StreamObserver<String>> answers = new CopyOnWriteArrayList<>();
    final List<Context> contexts = new CopyOnWriteArrayList<>();

    @Override
    void unary(String request, StreamObserver<String> answer) {
      ((ServerCallStreamObserver<String>) answer).setOnCancelHandler(() -> {});
      contexts.add(GrpcContexts.current());
      answers.add(answer);
    }

    void answer(int call) {
      answers.get(call).onNext("x");
      answers.get(call).onCompleted();
    }
  }

  private final Held service = new Held();

  private ContextServerInterceptor.Builder limited() {
    return ContextServerInterceptor.builder().parent(root).limit(limit).propagation(inside);
  }

  private Channel channel(Wire wire) {
    return wire.channel(ContextClientInterceptor.ofDefaults().withPropagation(inside));
  }

  private Seen call(Channel channel, Context ctx) {
    Seen seen = new Seen();
    CallKind.UNARY.start(channel, CallOptions.DEFAULT.withOption(GrpcContexts.CONTEXT, ctx), seen);
    return seen;
  }

  private static Context critical(Criticality criticality) {
    return Context.background().withValue(Criticality.KEY, criticality);
  }

  @Test
  void the_most_critical_goes_first() throws Exception {
    try (var wire = Wire.direct(service, limited().build())) {
      Channel channel = channel(wire);
      call(channel, Context.background());
      Seen sheddable = call(channel, critical(Criticality.SHEDDABLE));
      Seen critical = call(channel, critical(Criticality.CRITICAL_PLUS));
      assertThat(limit.snapshot().waiting()).isEqualTo(2);
      assertThat(service.contexts).hasSize(1);

      service.answer(0);
      settle();
      assertThat(service.contexts).hasSize(2);
      assertThat(Criticality.of(service.contexts.get(1))).isEqualTo(Criticality.CRITICAL_PLUS);
      service.answer(1);
      settle();
      service.answer(2);
      assertThat(critical.status().isOk()).isTrue();
      assertThat(sheddable.status().isOk()).isTrue();
      assertThat(limit.snapshot().inUse()).isZero();
    }
  }

  /** Whoever is admitted goes on on the executor of the time source. */
  private void settle() {
    time.advance(Duration.ZERO);
  }

  @Test
  void a_full_line_refuses_the_least_critical_before_work() throws Exception {
    try (var wire = Wire.direct(service, limited().build())) {
      Channel channel = channel(wire);
      call(channel, Context.background());
      Seen first = call(channel, critical(Criticality.SHEDDABLE));
      call(channel, critical(Criticality.CRITICAL));
      call(channel, critical(Criticality.CRITICAL));
      settle();
      assertThat(first.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(GrpcStatuses.isRefusedBeforeWork(first.failure().getTrailers())).isTrue();
      assertThat(GrpcStatuses.retryAfter(first.failure())).isPresent();
      assertThat(limit.snapshot().waiting()).isEqualTo(2);
    }
  }

  @Test
  void a_client_that_leaves_in_line_gives_its_place_to_another() throws Exception {
    try (var wire = Wire.direct(service, limited().build())) {
      Channel channel = channel(wire);
      call(channel, Context.background());
      try (CancellableContext leaving = Context.background().withCancel()) {
        Seen left = call(channel, leaving);
        assertThat(limit.snapshot().waiting()).isOne();
        leaving.cancel(CancelReason.USER);
        settle();
        assertThat(left.status().getCode()).isEqualTo(Status.Code.CANCELLED);
      }
      assertThat(limit.snapshot().waiting()).isZero();
      service.answer(0);
      settle();
      assertThat(service.contexts).hasSize(1);
      assertThat(limit.snapshot().inUse()).isZero();
    }
  }

  @Test
  void the_time_in_line_is_the_calls_own() throws Exception {
    try (var wire = Wire.direct(service, limited().build());
        CancellableContext ctx = Context.background().withTimeout(Duration.ofSeconds(30))) {
      Channel channel = channel(wire);
      call(channel, Context.background());
      Seen late = call(channel, ctx);
      time.advance(Duration.ofSeconds(31));
      assertThat(late.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(GrpcStatuses.isRefusedBeforeWork(late.failure().getTrailers())).isTrue();
      assertThat(limit.snapshot().waiting()).isZero();
      service.answer(0);
      settle();
      assertThat(service.contexts).hasSize(1);
    }
  }

  @Test
  void a_shutdown_refuses_those_in_line() throws Exception {
    try (var up = root.withCancel();
        var wire = Wire.direct(service, limited().parent(up).build())) {
      Channel channel = channel(wire);
      call(channel, Context.background());
      Seen waiting = call(channel, Context.background());
      up.cancel(CancelReason.SHUTDOWN);
      settle();
      assertThat(waiting.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(GrpcStatuses.isRefusedBeforeWork(waiting.failure().getTrailers())).isTrue();
      assertThat(limit.snapshot().waiting()).isZero();
    }
  }

  /** Law 12, as for HTTP: refused before work, but for every tenth. */
  @Test
  void what_has_less_time_left_than_even_quick_calls_take_is_refused() throws Exception {
    try (var wire = Wire.direct(service, limited().build())) {
      Channel channel = wire.channel(ContextClientInterceptor.ofDefaults());
      for (int i = 0; i < 8; i++) {
        call(channel, Context.background());
        time.advance(Duration.ofSeconds(40));
        service.answer(i);
      }
      List<Seen> hasty = new ArrayList<>();
      try (CancellableContext ctx = Context.background().withTimeout(Duration.ofSeconds(30))) {
        for (int i = 0; i < 9; i++) {
          hasty.add(call(channel, ctx));
        }
        for (Seen refused : hasty) {
          assertThat(refused.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
          assertThat(refused.status().getDescription()).isEqualTo("too little time left");
          assertThat(GrpcStatuses.isRefusedBeforeWork(refused.failure().getTrailers())).isTrue();
        }
        call(channel, ctx);
        assertThat(service.contexts).as("every tenth").hasSize(9);
        call(channel, Context.background());
        assertThat(limit.snapshot().waiting()).as("one without a deadline").isOne();
      }
    }
  }

  /** What gRPC tells of a call in line is told to its handler later, in order and by one thread. */
  @ParameterizedTest
  @EnumSource(Wire.Transport.class)
  void calls_of_all_kinds_wait_without_a_thread(Wire.Transport transport) throws Exception {
    Wire.Service echo =
        new Wire.Service() {
          @Override
          void unary(String request, StreamObserver<String> answer) {
            answer.onNext(request);
            answer.onCompleted();
          }

          @Override
          void serverStream(String request, StreamObserver<String> answer) {
            unary(request, answer);
          }

          @Override
          StreamObserver<String> clientStream(StreamObserver<String> answer) {
            return bidi(answer);
          }

          @Override
          StreamObserver<String> bidi(StreamObserver<String> answer) {
            return new StreamObserver<>() {
              @Override
              public void onNext(String message) {
                answer.onNext(message);
                answer.onCompleted();
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {}
            };
          }
        };
    ConcurrencyLimit one = ConcurrencyLimit.builder("in", 1).maxWaiting(100).build();
    var interceptor = ContextServerInterceptor.builder().limit(one).build();
    try (var wire = Wire.open(transport, echo, interceptor);
        var held = one.acquire(Context.background())) {
      Channel channel = wire.channel();
      List<Seen> all = new ArrayList<>();
      for (CallKind kind : CallKind.values()) {
        for (int i = 0; i < 5; i++) {
          Seen seen = new Seen();
          kind.start(channel, CallOptions.DEFAULT, seen);
          all.add(seen);
        }
      }
      await().atMost(20, TimeUnit.SECONDS).until(() -> one.snapshot().waiting() == all.size());
      held.close();
      for (Seen seen : all) {
        assertThat(seen.status().isOk()).isTrue();
        assertThat(seen.messages).containsExactly("a");
      }
      await().atMost(20, TimeUnit.SECONDS).until(() -> one.snapshot().inUse() == 0);
    }
  }

  @Test
  void a_handler_that_fails_after_its_wait_gives_back_its_permit() throws Exception {
    Wire.Service broken =
        new Wire.Service() {
          @Override
          StreamObserver<String> bidi(StreamObserver<String> answer) {
            throw new IllegalStateException("secret");
          }
        };
    ConcurrencyLimit one = ConcurrencyLimit.builder("in", 1).maxWaiting(5).build();
    var interceptor = ContextServerInterceptor.builder().limit(one).build();
    try (var wire = Wire.open(Wire.Transport.NETTY, broken, interceptor);
        var held = one.acquire(Context.background())) {
      Seen seen = new Seen();
      CallKind.BIDI.start(wire.channel(), CallOptions.DEFAULT, seen);
      await().atMost(20, TimeUnit.SECONDS).until(() -> one.snapshot().waiting() == 1);
      held.close();
      assertThat(seen.status().getCode()).isEqualTo(Status.Code.UNKNOWN);
      assertThat(String.valueOf(seen.status().getDescription())).doesNotContain("secret");
      await().atMost(20, TimeUnit.SECONDS).until(() -> one.snapshot().inUse() == 0);
    }
  }
}
