package dev.resilience.grpc;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.Failures;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.Permit;
import dev.resilience.limit.RateLimit;
import dev.resilience.limit.Reservation;
import dev.resilience.limit.UsualTimes;
import dev.resilience.propagation.Propagation;
import dev.resilience.time.Durations;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Gives each call on a server a context of its own, and refuses what it cannot serve before the
 * handler begins.
 *
 * <pre>{@code
 * Server server = NettyServerBuilder.forPort(8080)
 *     .addService(new Quotes())
 *     .intercept(ContextServerInterceptor.builder()
 *         .timeout(Duration.ofSeconds(5))
 *         .limit(ConcurrencyLimit.adaptive("quotes").build())
 *         .build())
 *     .build();
 *
 * // in a method of the service
 * Context ctx = GrpcContexts.current();
 * }</pre>
 *
 * <h2>The context of a call</h2>
 *
 * <ul>
 *   <li>It ends when the client cancels or its connection is lost, at the time a handler is busy
 *       too: gRPC tells a call's listener only when the handler has returned, so it is not the
 *       listener that is asked.
 *   <li>It ends at the client's deadline, or after the server's own {@link Builder#timeout} if that
 *       is earlier; and with the {@link Builder#parent}, at a shutdown for example. The client gets
 *       DEADLINE_EXCEEDED, CANCELLED or UNAVAILABLE then, once; what the handler sends later is
 *       dropped.
 *   <li>It ends when the call is closed, also by the handler.
 *   <li>The gRPC context that the handler runs in ends with it.
 * </ul>
 *
 * <p>A failure of this library that a handler throws, or gives to {@code onError}, becomes a status
 * by {@link GrpcStatuses#of}; anything else stays what gRPC makes of it.
 *
 * <h2>Refused before work</h2>
 *
 * A call is refused whose time is up, whose parent context has ended, for which there is no token,
 * or, with a {@link Builder#limit}, no place:
 *
 * <ul>
 *   <li>A unary call whose time left is shorter than even quick ones of its method take is refused
 *       at once. Every tenth is let through, and what was learnt is forgotten after ten seconds.
 *   <li>The others need a permit of the limit. Where that lets calls wait, the most critical go
 *       first, the newest first while the line stands, and a call that cannot be served in time is
 *       refused, at once and whenever the outlook changes. A call that waits holds no thread; its
 *       handler begins on one of the time source's executor.
 * </ul>
 *
 * The trailers say so by {@code x-refused-before-work}, and by {@code grpc-retry-pushback-ms} when
 * to come again. A call holds its permit until it is closed.
 *
 * <p>Immutable but for what it learns, and thread-safe. Costs two contexts and four callbacks for a
 * call, and no thread. Put it first, next to the handlers ({@code intercept} of the server builder
 * runs the last one first), so that the context is there for other interceptors.
 */
public final class ContextServerInterceptor implements ServerInterceptor {

  private final Context parent;
  private final @Nullable Duration timeout;
  private final @Nullable ConcurrencyLimit limit;
  private final @Nullable RateLimit rate;
  private final Duration pushback;
  private final @Nullable Propagation wire;
  private final UsualTimes times = UsualTimes.ofDefaults();

  private ContextServerInterceptor(Builder builder) {
    this.parent = builder.parent;
    this.timeout = builder.timeout;
    this.limit = builder.limit;
    this.rate = builder.rate;
    this.pushback = builder.pushback;
    this.wire = builder.wire;
  }

  /** A context for each call, without limits of the server's own. */
  public static ContextServerInterceptor ofDefaults() {
    return builder().build();
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    io.grpc.Context transport = io.grpc.Context.current();
    CancellableContext owner = contextOf(transport);
    UsualTimes.Usual usual = null;
    CompletionStage<Permit> turn = null;
    Context ctx;
    try {
      ctx = wire == null ? owner : wire.extract(owner, headers, MetadataCarrier.READER).context();
      ContextException over = ctx.error();
      if (over != null) {
        return refused(call, owner, GrpcStatuses.of(over), new Metadata(), "ended");
      }
      if (rate != null) {
        admit(ctx, rate);
      }
      if (limit != null) {
        usual = usualOf(call);
        if (usual != null && usual.isHopeless(ctx)) {
          Status tooLate = Status.UNAVAILABLE.withDescription("too little time left");
          return refused(call, owner, tooLate, comeAgain(ctx), "no-time-left");
        }
        turn = limit.acquireAsync(ctx);
      }
    } catch (RateLimitExceededException exceeded) {
      Metadata trailers = GrpcStatuses.trailersOf(exceeded);
      return refused(call, owner, GrpcStatuses.of(exceeded), trailers, "rate");
    } catch (ContextException justOver) {
      return refused(call, owner, GrpcStatuses.of(justOver), new Metadata(), "ended");
    } catch (Throwable broken) {
      owner.close();
      throw broken;
    }
    if (turn == null) {
      return new ServerRequest<>(call, owner, ctx, transport, null).begin(headers, next);
    }
    UsualTimes.Usual known = usual;
    WaitingCall.Start<Q> start =
        permit -> {
          Admitted place = new Admitted(permit, ctx, known);
          return new ServerRequest<>(call, owner, ctx, transport, place).begin(headers, next);
        };
    CompletableFuture<Permit> now = turn.toCompletableFuture();
    if (now.isDone() && !now.isCompletedExceptionally()) {
      return start.with(now.join()); // nobody waits: on this thread
    }
    WaitingCall<Q, A> waiting = new WaitingCall<>(call, owner, transport, start);
    waiting.listen();
    var unused =
        turn.handle(
            (permit, failure) -> {
              if (failure == null) {
                waiting.admit(permit);
              } else {
                waiting.refuse(() -> refusedInLine(call, owner, ctx, failure));
              }
              return null;
            });
    return waiting;
  }

  private UsualTimes.@Nullable Usual usualOf(ServerCall<?, ?> call) {
    MethodDescriptor<?, ?> method = call.getMethodDescriptor();
    return method.getType() == MethodType.UNARY ? times.of(method.getFullMethodName()) : null;
  }

  private void refusedInLine(
      ServerCall<?, ?> call, CancellableContext owner, Context ctx, Throwable failure) {
    Throwable raw = Failures.unwrap(failure);
    if (raw instanceof ContextException end) {
      refused(call, owner, GrpcStatuses.of(end), new Metadata(), "ended");
      return;
    }
    Status full = Status.UNAVAILABLE.withDescription("overloaded").withCause(raw);
    refused(call, owner, full, comeAgain(ctx), "limit");
  }

  /** Ends with the transport's, besides; that is watched where the call is. */
  @SuppressWarnings("MustBeClosed") // closed when the call has ended
  private CancellableContext contextOf(io.grpc.Context transport) {
    Context values = parent.withValue(GrpcContexts.GRPC, transport);
    io.grpc.Deadline deadline = transport.getDeadline();
    if (deadline == null) {
      return timeout == null ? values.withCancel() : values.withTimeout(timeout);
    }
    Duration left = GrpcContexts.left(deadline);
    return values.withTimeout(timeout == null ? left : Durations.min(timeout, left));
  }

  /** Takes a token that may be used now; else says when there will be one. */
  private static void admit(Context ctx, RateLimit rate) {
    try (Reservation token = rate.reserve(ctx, 1)) {
      Duration delay = token.delay();
      if (!delay.isZero()) {
        throw new RateLimitExceededException(rate.name() + ": no token left", delay);
      }
      token.await(ctx);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new RateLimitExceededException(rate.name() + ": interrupted", Duration.ZERO);
    }
  }

  private static <Q, A> ServerCall.Listener<Q> refused(
      ServerCall<Q, A> call,
      CancellableContext owner,
      Status status,
      Metadata trailers,
      String by) {
    owner.close();
    trailers.put(Pushback.REFUSED, by);
    call.close(status, trailers);
    return new ServerCall.Listener<>() {};
  }

  /** Nobody knows when there is room. Spread, so that not all come again at once. */
  private Metadata comeAgain(Context ctx) {
    Metadata trailers = new Metadata();
    double share = 0.5 + ctx.timeSource().random().nextDouble();
    Pushback.write(trailers, Durations.multiply(pushback, share));
    return trailers;
  }

  /** Builds a {@link ContextServerInterceptor}. Not thread-safe. */
  public static final class Builder {

    private Context parent = Context.background();
    private @Nullable Duration timeout;
    private @Nullable ConcurrencyLimit limit;
    private @Nullable RateLimit rate;
    private Duration pushback = Duration.ofMillis(100);
    private @Nullable Propagation wire;

    private Builder() {}

    /**
     * The parent of all calls' contexts: its values are theirs, and its end is theirs. Best that of
     * a {@code GracefulShutdown}. Default: {@link Context#background}
     */
    public Builder parent(Context newParent) {
      parent = requireNonNull(newParent, "parent");
      return this;
    }

    /**
     * The longest time for a call; a client's deadline can shorten it, and never lengthen.
     *
     * @param longest positive. Default: as long as the client waits
     */
    public Builder timeout(Duration longest) {
      timeout = Durations.requirePositive(longest, "timeout");
      return this;
    }

    /**
     * How many calls at once; more wait as far as the limit lets them, and are else refused with
     * UNAVAILABLE. Default: any number.
     */
    public Builder limit(ConcurrencyLimit newLimit) {
      limit = requireNonNull(newLimit, "limit");
      return this;
    }

    /** How many calls per time; more are refused with RESOURCE_EXHAUSTED. Default: any number. */
    public Builder rate(RateLimit newRate) {
      rate = requireNonNull(newRate, "rate");
      return this;
    }

    /**
     * After what time a client is to come again for which the {@link #limit} had no room. Half of
     * it to one and a half, at random.
     *
     * @param newPushback positive. Default: 100 ms
     */
    public Builder pushback(Duration newPushback) {
      pushback = Durations.requirePositive(newPushback, "pushback");
      return this;
    }

    /**
     * Reads what travels with a request besides its deadline: ids, trace, criticality, path.
     * Default: nothing is read but gRPC's own deadline.
     */
    public Builder propagation(Propagation newWire) {
      wire = requireNonNull(newWire, "wire");
      return this;
    }

    /** Builds the interceptor. */
    public ContextServerInterceptor build() {
      return new ContextServerInterceptor(this);
    }
  }
}
