package dev.resilience.grpc;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A call on the server, between the transport and its handler: ends the handler's context with the
 * transport's, and the transport's call with the handler's context.
 */
final class ServerRequest<Q, A> extends SimpleForwardingServerCall<Q, A> {

  private final CancellableContext owner;
  private final Context ctx;
  private final io.grpc.Context transport;
  private final io.grpc.Context.CancellableContext handlers;
  private final @Nullable Admitted place;
  private final CallGate gate = new CallGate(this::closeByEnd);

  // Listens directly: the listener of a call is told of a cancel only when its handler has
  // returned.
  private final io.grpc.Context.CancellationListener left = this::transportEnded;

  private @Nullable Registration end;
  private volatile boolean hasLeft;

  /**
   * A request whose handler has not begun.
   *
   * @param owner ends the context of the request; closed with the call
   * @param ctx of the request, at or below the owner
   * @param transport what gRPC made for the call
   * @param place given back with the call
   */
  ServerRequest(
      ServerCall<Q, A> call,
      CancellableContext owner,
      Context ctx,
      io.grpc.Context transport,
      @Nullable Admitted place) {
    super(call);
    this.owner = owner;
    this.ctx = ctx;
    this.transport = transport;
    this.place = place;
    this.handlers = GrpcContexts.toGrpc(ctx, transport);
  }

  /** Starts the handler. */
  Listener<Q> begin(Metadata headers, ServerCallHandler<Q, A> next) {
    transport.addListener(left, Runnable::run);
    end = ctx.onDone(gate::end);
    if (gate.isEnded()) {
      return new Listener<>() {};
    }
    Listener<Q> listener;
    try {
      listener = Contexts.interceptCall(handlers, this, headers, next);
    } catch (Throwable failure) {
      failed(failure);
      return new Listener<>() {};
    }
    return new RequestListener(listener);
  }

  // ---- the end of either side

  private void transportEnded(io.grpc.Context ended) {
    Throwable cause = ended.cancellationCause();
    if (cause instanceof TimeoutException && ctx.deadline().isPresent()) {
      return; // the caller's deadline is ours as well, and known as one
    }
    hasLeft = cause != null;
    owner.cancel(hasLeft ? CancelReason.USER : CancelReason.CLOSED);
  }

  /** Runs when the context has ended before the handler closed the call. */
  private void closeByEnd() {
    ContextException over = ctx.error();
    try {
      if (over != null && !hasLeft) {
        super.close(GrpcStatuses.of(over), GrpcStatuses.trailersOf(over));
      }
    } finally {
      finish(true); // a limit hears how long it took at least, if it was a deadline
    }
  }

  /** What is borrowed goes back, whoever comes first; each part bears to be closed twice. */
  private void finish(boolean isSample) {
    transport.removeListener(left);
    Registration registered = end;
    if (registered != null) {
      registered.withdraw();
    }
    giveBack(isSample);
    owner.close();
    handlers.cancel(null);
  }

  private void giveBack(boolean isSample) {
    if (place != null) {
      place.giveBack(isSample);
    }
  }

  // ---- what the handler does

  @Override
  public void sendHeaders(Metadata headers) {
    gate.pass(() -> super.sendHeaders(headers), false);
  }

  @Override
  public void sendMessage(A message) {
    gate.pass(() -> super.sendMessage(message), false);
  }

  @Override
  public void close(Status status, Metadata trailers) {
    Status told = status;
    Throwable cause = status.getCause();
    if (status.getCode() == Status.Code.UNKNOWN && cause != null) {
      Status known = GrpcStatuses.of(cause);
      if (known.getCode() != Status.Code.UNKNOWN) {
        told = known;
        trailers.merge(GrpcStatuses.trailersOf(cause));
      }
    }
    close(told, trailers, told.isOk());
  }

  private void close(Status told, Metadata trailers, boolean isSample) {
    Runnable closing =
        () -> {
          giveBack(isSample); // before: the transport may end the context as soon as it is closed
          super.close(told, trailers);
        };
    if (gate.pass(closing, true)) {
      finish(isSample);
    }
  }

  @Override
  public boolean isCancelled() {
    return gate.isEnded() || super.isCancelled();
  }

  /** What the handler throws ends the call; what is not known here is left to gRPC. */
  private void failed(Throwable failure) {
    Status status = GrpcStatuses.of(failure);
    if (status.getCode() == Status.Code.UNKNOWN) {
      finish(false);
      ServerRequest.<RuntimeException>rethrow(failure);
    }
    close(status, GrpcStatuses.trailersOf(failure));
  }

  /** Also an {@link Error}: it is not cast. */
  private static <X extends Throwable> void rethrow(Throwable failure) throws X {
    throw Failures.<X>asThrown(failure);
  }

  /** Stands between gRPC and the handler's listener. */
  private final class RequestListener extends SimpleForwardingServerCallListener<Q> {

    RequestListener(Listener<Q> listener) {
      super(listener);
    }

    @Override
    public void onMessage(Q message) {
      guarded(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      guarded(super::onHalfClose);
    }

    @Override
    public void onReady() {
      guarded(super::onReady);
    }

    private void guarded(Runnable event) {
      try {
        event.run();
      } catch (Throwable failure) {
        failed(failure);
      }
    }

    @Override
    public void onCancel() {
      try {
        owner.cancel(CancelReason.USER);
        super.onCancel();
      } finally {
        finish(false);
      }
    }

    /** The transport is through; for a handler whose context has ended the call was cut off. */
    @Override
    public void onComplete() {
      try {
        if (gate.isEnded()) {
          super.onCancel();
        } else {
          super.onComplete();
        }
      } finally {
        finish(false);
      }
    }
  }
}
