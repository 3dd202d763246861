package dev.resilience.okhttp;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.policy.Verdict;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.HttpOutcome;
import dev.resilience.propagation.Propagation;
import dev.resilience.propagation.ReportedLoad;
import dev.resilience.time.Deadline;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
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

  private final Call call;
  private final Context attempt;
  private final CallTimes times;
  private final long begun;
  private final AtomicBoolean isOver = new AtomicBoolean();
  private volatile @Nullable Response response;

  private OkHttpExchange(Call call, Context attempt, CallTimes times) {
    this.call = call;
    this.attempt = attempt;
    this.times = times;
    this.begun = attempt.timeSource().nanoTime();
  }

  /**
   * A call that is not yet sent.
   *
   * @throws dev.resilience.error.NoTimeLeftException if it is not worth sending
   */
  static OkHttpExchange of(
      OkHttpClient client,
      Context attempt,
      Request request,
      int number,
      Propagation propagation,
      CallTimes times) {
    Request.Builder headers = request.newBuilder();
    propagation.inject(attempt, headers, Request.Builder::header, number, times);
    OkHttpExchange exchange = new OkHttpExchange(client.newCall(headers.build()), attempt, times);
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
      throw stopped;
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
    String load = received.header(HeaderNames.SERVER_LOAD);
    ReportedLoad told = load == null ? null : ReportedLoad.read(load);
    if (HttpOutcome.verdict(received.code(), received.headers(), OkHttpStack.HEADERS)
        != Verdict.REJECTED) {
      times.answered(
          attempt,
          Duration.ofNanos(attempt.timeSource().nanoTime() - begun),
          told == null ? null : told.took().orElse(null));
    }
    return received;
  }

  /** Breaks the call off: before the response, or in its body. */
  void abort() {
    if (!isOver.compareAndSet(false, true)) {
      return;
    }
    if (response == null) {
      times.cutOff(attempt, Duration.ofNanos(attempt.timeSource().nanoTime() - begun));
    }
    call.cancel();
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
  Response handOver(Response mine, Context caller, @Nullable Deadline until) {
    CancellableContext reading = until == null ? caller.withCancel() : caller.withDeadline(until);
    reading.onAbort(this::abort);
    return mine.newBuilder().body(new BoundBody(mine.body(), reading::close)).build();
  }
}
