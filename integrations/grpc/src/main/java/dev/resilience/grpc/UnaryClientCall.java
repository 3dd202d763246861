package dev.resilience.grpc;

import static java.util.Objects.requireNonNull;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.error.NoTimeLeftException;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A unary call through a stack of policies. Its request is kept until it is complete; then the
 * stack makes as many calls of it as it sees fit, and the listener is told of one outcome.
 */
final class UnaryClientCall<Q, A> extends ClientCall<Q, A> {

  /** What came back. No message: the server broke the contract, and the stub will say so. */
  private record Answer<A>(
      @Nullable Metadata headers, @Nullable A message, Status status, Metadata trailers) {}

  /** Makes the calls that it takes. */
  @FunctionalInterface
  interface Attempts<Q, A> {

    /** A call that ends with its context, not started. */
    ClientCall<Q, A> of(Context attempt, int number);
  }

  private final Resilience stack;
  private final Attempts<Q, A> attempts;
  private final Executor executor;
  private final CancellableContext ctx;
  private final AtomicInteger attempt = new AtomicInteger();

  // Of the caller, who is one at a time.
  private @Nullable Listener<A> listener;
  private @Nullable Metadata headers;
  private @Nullable Q message;
  private boolean isCompressed = true;
  private volatile boolean isSent;
  private final AtomicBoolean isTold = new AtomicBoolean();

  /**
   * A call.
   *
   * @param executor where the listener is told
   */
  @SuppressWarnings("MustBeClosed") // closed when the answer is told
  UnaryClientCall(Resilience stack, Context parent, Attempts<Q, A> attempts, Executor executor) {
    this.stack = stack;
    this.attempts = attempts;
    this.executor = executor;
    this.ctx = parent.withCancel();
  }

  @Override
  public void start(Listener<A> newListener, Metadata newHeaders) {
    listener = newListener;
    headers = newHeaders;
  }

  /** The one answer is delivered unasked: a unary stub asks for it when it starts. */
  @Override
  public void request(int messages) {}

  @Override
  public void setMessageCompression(boolean enabled) {
    isCompressed = enabled;
  }

  @Override
  public void sendMessage(Q newMessage) {
    message = newMessage;
  }

  @Override
  public void halfClose() {
    isSent = true;
    CompletionStage<Answer<A>> answer = stack.callAsync(ctx, this::attempt);
    answer.whenComplete(this::tell);
  }

  /** Safe on any thread, as gRPC's own. */
  @Override
  public void cancel(@Nullable String text, @Nullable Throwable cause) {
    ctx.cancel(cause == null ? CancelReason.USER : cause);
    if (!isSent) {
      tell(null, ctx.toException());
    }
  }

  private CompletionStage<Answer<A>> attempt(Context ctx) {
    ClientCall<Q, A> call = attempts.of(ctx, attempt.incrementAndGet());
    AnswerListener<A> answer = new AnswerListener<>(call);
    Metadata copy = new Metadata();
    if (headers != null) {
      copy.merge(headers);
    }
    call.start(answer, copy);
    call.setMessageCompression(isCompressed);
    call.request(2); // a second one would break the contract, and is to be noticed
    if (message != null) {
      call.sendMessage(message);
    }
    call.halfClose();
    return answer.stage;
  }

  private void tell(@Nullable Answer<A> answer, @Nullable Throwable failure) {
    Listener<A> told = listener;
    if (told == null || !isTold.compareAndSet(false, true)) {
      return;
    }
    ctx.close();
    Runnable telling = () -> tell(told, answer, failure);
    try {
      executor.execute(telling);
    } catch (Throwable refused) {
      telling.run(); // or the caller would wait for ever
    }
  }

  private static <A> void tell(
      Listener<A> told, @Nullable Answer<A> answer, @Nullable Throwable failure) {
    if (answer == null) {
      Throwable raw = Failures.unwrap(requireNonNull(failure, "failure"));
      told.onClose(GrpcStatuses.of(raw), GrpcStatuses.trailersOf(raw));
      return;
    }
    if (answer.headers != null) {
      told.onHeaders(answer.headers);
    }
    if (answer.message != null) {
      told.onMessage(answer.message);
    }
    told.onClose(answer.status, answer.trailers);
  }

  /** Collects the outcome of one attempt. gRPC calls it on one thread at a time. */
  private static final class AnswerListener<A> extends Listener<A> {

    private final CompletableFuture<Answer<A>> stage = new CompletableFuture<>();
    private final ClientCall<?, A> call;
    private @Nullable Metadata headers;
    private @Nullable A message;

    AnswerListener(ClientCall<?, A> call) {
      this.call = call;
    }

    @Override
    public void onHeaders(Metadata newHeaders) {
      headers = newHeaders;
    }

    @Override
    public void onMessage(A newMessage) {
      if (message == null) {
        message = newMessage;
        return;
      }
      Status twice = Status.INTERNAL.withDescription("more than one answer to a unary call");
      stage.completeExceptionally(twice.asRuntimeException());
      call.cancel(twice.getDescription(), null);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk()) {
        stage.complete(new Answer<>(headers, message, status, trailers));
      } else if (status.getCause() instanceof NoTimeLeftException notSent) {
        stage.completeExceptionally(notSent);
      } else {
        stage.completeExceptionally(status.asRuntimeException(trailers));
      }
    }
  }
}
