package dev.resilience.okhttp;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.propagation.ClientPropagation;
import dev.resilience.time.Deadline;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** One attempt: an OkHttp call that ends with the context of the attempt. */
final class OkHttpExchange {

  private final OkHttpClient client;
  private final Call call;
  private final ClientPropagation.Attempt wire;

  /** Whether it was broken off, or has failed: there is nothing to break off any more. */
  private final AtomicBoolean isOver = new AtomicBoolean();

  private volatile @Nullable Response response;

  private OkHttpExchange(OkHttpClient client, Call call, ClientPropagation.Attempt wire) {
    this.client = client;
    this.call = call;
    this.wire = wire;
  }

  /**
   * A call that is not yet sent.
   *
   * @throws dev.resilience.error.NoTimeLeftException if it is not worth sending
   */
  static OkHttpExchange of(
      OkHttpClient client, Context attempt, Request request, int number, ClientPropagation wire) {
    Request.Builder headers = request.newBuilder();
    ClientPropagation.Attempt begun = wire.begin(attempt, number, headers, Request.Builder::header);
    OkHttpExchange exchange = new OkHttpExchange(client, client.newCall(headers.build()), begun);
    attempt.onAbort(exchange::abort);
    return exchange;
  }

  Response execute() throws IOException, InterruptedException {
    try {
      return received(call.execute());
    } catch (InterruptedIOException stopped) {
      if (Thread.interrupted()) {
        InterruptedException interrupted = new InterruptedException();
        interrupted.initCause(stopped);
        abort();
        throw interrupted;
      }
      failed();
      throw stopped;
    } catch (Throwable failure) {
      failed();
      throw failure;
    }
  }

  CompletionStage<Response> enqueue() {
    CompletableFuture<Response> answer = new CompletableFuture<>();
    call.enqueue(
        new Callback() {
          @Override
          public void onResponse(Call ours, Response received) {
            answer.complete(received(received));
          }

          @Override
          public void onFailure(Call ours, IOException failure) {
            failed();
            answer.completeExceptionally(failure);
          }
        });
    return answer;
  }

  private Response received(Response received) {
    response = received;
    if (isOver.get()) {
      received.close();
    }
    wire.answered(
        received.code(), received.headers(), OkHttpStack.HEADERS, call.request().url()::uri);
    return received;
  }

  private void failed() {
    isOver.set(true);
    wire.failed();
  }

  /** Breaks the call off: before the response, or in its body. Does nothing when it is over. */
  void abort() {
    if (!isOver.compareAndSet(false, true)) {
      return;
    }
    wire.cutOff();
    call.cancel();
    wire.cancelId().ifPresent(id -> CancelRequests.send(client, call.request().url(), id));
  }

  /** Another response was taken, or none. */
  void discard() {
    abort();
    Response mine = response;
    if (mine != null) {
      mine.close();
    }
  }

  boolean hasReturned(Response candidate) {
    return response == candidate;
  }

  boolean hasHeaders() {
    return response != null;
  }

  /** The response, whose body is bound to the caller until it is closed. */
  @SuppressWarnings("MustBeClosed") // closed with the body
  Response handOver(Response mine, Context caller, @Nullable Deadline until) {
    CancellableContext reading = until == null ? caller.withCancel() : caller.withDeadline(until);
    reading.onAbort(this::abort);
    return mine.newBuilder().body(new BoundBody(mine.body(), reading::close)).build();
  }
}
