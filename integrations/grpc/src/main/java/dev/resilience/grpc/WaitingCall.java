package dev.resilience.grpc;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.limit.Permit;
import dev.resilience.text.SafeText;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call in the line of a limit, which holds no thread. What gRPC tells of it meanwhile is kept,
 * and told to the handler when that has begun; one thread at a time tells, as gRPC does.
 */
final class WaitingCall<Q, A> extends ServerCall.Listener<Q> {

  private static final Logger LOG = System.getLogger(ContextServerInterceptor.class.getName());

  /** Starts the handler of a call whose turn has come. */
  @FunctionalInterface
  interface Start<Q> {

    /** Its listener. */
    ServerCall.Listener<Q> with(Permit permit);
  }

  private final ServerCall<Q, A> call;
  private final CancellableContext owner;
  private final io.grpc.Context transport;
  private final Start<Q> start;
  private final Queue<Consumer<ServerCall.Listener<Q>>> events = new ConcurrentLinkedQueue<>();
  private final AtomicInteger telling = new AtomicInteger();

  /** As in {@link ServerRequest}: it is told of a cancel at once. */
  private final io.grpc.Context.CancellationListener left = this::transportEnded;

  private volatile ServerCall.@Nullable Listener<Q> handler;

  /**
   * A call in line.
   *
   * @param owner ends the context of the request, and so the wait
   * @param start of the handler
   */
  WaitingCall(
      ServerCall<Q, A> call, CancellableContext owner, io.grpc.Context transport, Start<Q> start) {
    this.call = call;
    this.owner = owner;
    this.transport = transport;
    this.start = start;
  }

  /** From now on a client that leaves ends the wait. */
  void listen() {
    transport.addListener(left, Runnable::run);
  }

  private void transportEnded(io.grpc.Context ended) {
    Throwable cause = ended.cancellationCause();
    boolean isDeadline = cause instanceof TimeoutException && owner.deadline().isPresent();
    if (!isDeadline) {
      owner.cancel(cause == null ? CancelReason.CLOSED : CancelReason.USER);
    }
  }

  /** Its turn has come. On a thread of the time source's executor. */
  void admit(Permit permit) {
    transport.removeListener(left);
    try {
      handler = start.with(permit);
    } catch (Throwable failure) {
      permit.ignore();
      broken(failure);
      handler = new ServerCall.Listener<>() {};
    }
    tell();
  }

  /** It was refused, or its context has ended. */
  void refuse(Runnable closing) {
    transport.removeListener(left);
    try {
      closing.run();
    } catch (Throwable closed) {
      SafeText.log(LOG, Level.DEBUG, "a call that was refused is closed already", closed);
    }
    events.clear();
  }

  /** gRPC would do the same with what a handler throws on one of its threads. */
  private void broken(Throwable failure) {
    SafeText.log(LOG, Level.ERROR, "a handler failed", failure);
    owner.close();
    try {
      Status status = Status.UNKNOWN.withDescription("Application error processing RPC");
      call.close(status.withCause(failure), new Metadata());
    } catch (Throwable closed) {
      SafeText.log(LOG, Level.DEBUG, "a call whose handler failed is closed already", closed);
    }
  }

  private void event(Consumer<ServerCall.Listener<Q>> event) {
    events.add(event);
    if (handler != null) {
      tell();
    }
  }

  private void tell() {
    if (telling.getAndIncrement() != 0) {
      return; // who tells goes on with it
    }
    int told = 1;
    do {
      ServerCall.Listener<Q> begun = handler;
      for (var event = events.poll(); event != null && begun != null; event = events.poll()) {
        try {
          event.accept(begun);
        } catch (Throwable failure) {
          broken(failure);
        }
      }
      told = telling.addAndGet(-told);
    } while (told != 0);
  }

  @Override
  public void onMessage(Q message) {
    event(listener -> listener.onMessage(message));
  }

  @Override
  public void onHalfClose() {
    event(ServerCall.Listener::onHalfClose);
  }

  @Override
  public void onReady() {
    event(ServerCall.Listener::onReady);
  }

  @Override
  public void onCancel() {
    if (handler == null) {
      owner.cancel(CancelReason.USER);
    }
    event(ServerCall.Listener::onCancel);
  }

  @Override
  public void onComplete() {
    event(ServerCall.Listener::onComplete);
  }
}
