package dev.resilience.grpc;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.context.Registration;
import dev.resilience.time.Durations;
import io.grpc.CallOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Our context in gRPC's, and gRPC's in ours.
 *
 * <pre>{@code
 * // on the client: the context of a call
 * Quote quote = stub.withOption(GrpcContexts.CONTEXT, ctx).quote(request);
 *
 * // on the server, behind a ContextServerInterceptor: the context of the request
 * Context ctx = GrpcContexts.current();
 * }</pre>
 */
public final class GrpcContexts {

  /** The option that gives a call its context. Without it, {@link #current} is the context. */
  public static final CallOptions.Key<@Nullable Context> CONTEXT =
      CallOptions.Key.create("dev.resilience.context");

  /** The key under which our context carries the gRPC context that it was {@link #from} made. */
  public static final Key<io.grpc.Context> GRPC = Key.of("io.grpc.Context", io.grpc.Context.class);

  static final io.grpc.Context.Key<Context> KEY = io.grpc.Context.key("dev.resilience.context");

  private GrpcContexts() {}

  /**
   * The context that the gRPC context of this thread carries: that of the request where a {@link
   * ContextServerInterceptor} serves it. {@link Context#background} where there is none.
   */
  public static Context current() {
    Context ctx = KEY.get();
    return ctx == null ? Context.background() : ctx;
  }

  /**
   * A child of a gRPC context that ends when ours does, and carries it for {@link #current}. It has
   * the earlier of the two deadlines.
   *
   * <p>It is cancelled with the {@linkplain Context#error end} of ours as cause; where that is a
   * passed deadline, inside of a {@link TimeoutException}, by which gRPC knows one.
   *
   * <p>Costs one callback in each of the two contexts until it ends. Cancel it when it is no longer
   * needed.
   *
   * @param parent keeps its keys and its own end
   */
  public static io.grpc.Context.CancellableContext toGrpc(Context ctx, io.grpc.Context parent) {
    requireNonNull(ctx, "ctx");
    requireNonNull(parent, "parent");
    io.grpc.Context carrying = parent.withValue(KEY, ctx);
    io.grpc.Context.CancellableContext grpc =
        ctx.deadline().isPresent()
            ? carrying.withDeadline(deadlineOf(ctx), DeadlineWithoutTimer.INSTANCE)
            : carrying.withCancellation();
    if (ctx.canEnd()) {
      Registration end = ctx.onDone(() -> grpc.cancel(grpcCause(ctx)));
      grpc.addListener(cancelled -> end.withdraw(), Runnable::run);
    }
    return grpc;
  }

  private static @Nullable Throwable grpcCause(Context ended) {
    return ended.error() instanceof DeadlineExceededException passed
        ? new TimeoutException("the deadline of the context has passed").initCause(passed)
        : ended.error();
  }

  /**
   * A child of our context that also ends when a gRPC context does, with the earlier of the two
   * deadlines. It carries the gRPC context under {@link #GRPC}. Closing it detaches it from both.
   *
   * <p>A cancel of the gRPC context cancels the result with the same cause, with {@link
   * CancelReason#CLOSED} where it has none.
   *
   * @param parent its time source measures what is left until gRPC's deadline
   */
  @SuppressWarnings("MustBeClosed") // by the caller
  public static CancellableContext from(Context parent, io.grpc.Context grpc) {
    requireNonNull(parent, "parent");
    requireNonNull(grpc, "grpc");
    Context values = parent.withValue(GRPC, grpc);
    io.grpc.Deadline deadline = grpc.getDeadline();
    CancellableContext ctx =
        deadline == null ? values.withCancel() : values.withTimeout(left(deadline));
    io.grpc.Context.CancellationListener end = ended -> cancel(ctx, ended.cancellationCause());
    grpc.addListener(end, Runnable::run);
    ctx.onDone(() -> grpc.removeListener(end));
    return ctx;
  }

  private static void cancel(CancellableContext ctx, @Nullable Throwable cause) {
    if (cause instanceof TimeoutException && ctx.deadline().isPresent()) {
      return; // gRPC's deadline is ours as well: whoever looks finds that it has passed
    }
    ctx.cancel(cause == null ? CancelReason.CLOSED : cause);
  }

  static Duration left(io.grpc.Deadline deadline) {
    return Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS));
  }

  /** On gRPC's clock. To be asked only where there is one. */
  static io.grpc.Deadline deadlineOf(Context ctx) {
    return io.grpc.Deadline.after(Durations.toNanos(ctx.timeLeft()), TimeUnit.NANOSECONDS);
  }
}
