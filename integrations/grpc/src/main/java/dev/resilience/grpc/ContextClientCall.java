package dev.resilience.grpc;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.error.NoTimeLeftException;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A call of any kind that ends with its context. The callback in the context is taken back when the
 * call is closed.
 */
final class ContextClientCall<Q, A> extends SimpleForwardingClientCall<Q, A> {

  /** In the place of the registration: the call is closed. */
  private static final Registration CLOSED = () -> false;

  private final Context ctx;
  private final Executor executor;
  private final Outgoing outgoing;
  private final int attempt;
  private final boolean isUnary;
  private final AtomicReference<@Nullable Registration> end = new AtomicReference<>();

  /** Whether there was no time for it: gRPC's call was not started then. */
  private boolean isRefused;

  private long sent;

  /**
   * A call.
   *
   * @param call not started, with the deadline of the context
   * @param ctx ends it
   * @param executor where the listener is told if the context has ended before the start
   * @param attempt from 1
   */
  ContextClientCall(
      ClientCall<Q, A> call,
      Context ctx,
      Executor executor,
      Outgoing outgoing,
      int attempt,
      boolean isUnary) {
    super(call);
    this.ctx = ctx;
    this.executor = executor;
    this.outgoing = outgoing;
    this.attempt = attempt;
    this.isUnary = isUnary;
  }

  @Override
  public void start(Listener<A> listener, Metadata headers) {
    try {
      outgoing.write(ctx, headers, attempt, isUnary);
    } catch (ContextException | NoTimeLeftException notToBeSent) {
      isRefused = true;
      executor.execute(() -> listener.onClose(GrpcStatuses.of(notToBeSent), new Metadata()));
      return;
    }
    if (isUnary) {
      sent = ctx.timeSource().nanoTime();
    }
    super.start(new EndListener(listener), headers);
    if (ctx.canEnd()) {
      Registration callback = ctx.onDone(() -> super.cancel("the context ended", ctx.error()));
      if (!end.compareAndSet(null, callback)) {
        callback.withdraw();
      }
    }
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    if (!isRefused) {
      super.setMessageCompression(enabled);
    }
  }

  @Override
  public boolean isReady() {
    return !isRefused && super.isReady();
  }

  @Override
  public void request(int messages) {
    if (!isRefused) {
      super.request(messages);
    }
  }

  @Override
  public void sendMessage(Q message) {
    if (!isRefused) {
      super.sendMessage(message);
    }
  }

  @Override
  public void halfClose() {
    if (!isRefused) {
      super.halfClose();
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    if (!isRefused) {
      super.cancel(message, cause);
    }
  }

  /** Tells what the end of the context made of the call. */
  private final class EndListener extends SimpleForwardingClientCallListener<A> {

    EndListener(Listener<A> listener) {
      super(listener);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      Registration callback = end.getAndSet(CLOSED);
      if (callback != null) {
        callback.withdraw();
      }
      Status told = judged(status);
      if (isUnary) {
        outgoing.ended(ctx, told, sent);
      }
      super.onClose(told, trailers);
    }

    /** Of two that end a call, gRPC tells which was first; the context tells which counts. */
    private Status judged(Status status) {
      boolean isEnd =
          status.getCode() == Status.Code.CANCELLED
              || status.getCode() == Status.Code.DEADLINE_EXCEEDED;
      ContextException over = isEnd ? ctx.error() : null;
      return over == null ? status : GrpcStatuses.of(over);
    }
  }
}
