package dev.resilience.http.client;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.Failures;
import dev.resilience.stage.CallerFuture;
import dev.resilience.stage.Stages;
import dev.resilience.text.DurationText;
import dev.resilience.time.Deadline;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One call: all its attempts, of which one response is handed over and the others are ended. */
final class HttpCall<T extends @Nullable Object> {

  private final ClientConfig config;
  private final Resilience stack;
  private final Context caller;

  /** Whose end counts while the body is read: the caller, or who made this call for him. */
  private final Context reader;

  private final RequestFactory factory;
  private final BodyHandler<T> handler;
  private final HttpRequest first;
  private final long begun;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Queue<Exchange<T>> exchanges = new ConcurrentLinkedQueue<>();

  /** Whether it is decided; an attempt that begins at that moment has nobody who waits for it. */
  private volatile boolean isOver;

  HttpCall(
      ClientConfig config,
      Context caller,
      Context reader,
      RequestFactory factory,
      BodyHandler<T> handler)
      throws IOException {
    this.config = config;
    this.caller = caller;
    this.reader = reader;
    this.factory = factory;
    this.handler = handler;
    this.first = factory.request(caller);
    this.stack = Methods.isIdempotent(first.method()) ? config.repeatable : config.unrepeatable;
    this.begun = caller.timeSource().nanoTime();
  }

  @SuppressWarnings("MustBeClosed") // by the caller
  private CancellableContext open() {
    return config.timeout == null ? caller.withCancel() : caller.withTimeout(config.timeout);
  }

  // ---- on the caller's thread

  HttpResponse<T> send() throws IOException {
    try (CancellableContext call = open()) {
      HttpResponse<T> response;
      try {
        response = stack.call(call, this::attempt);
      } catch (Throwable failure) {
        endAll(null);
        throw HttpCall.<IOException>rethrown(explained(call, failure));
      }
      return handedOver(call, response);
    }
  }

  private HttpResponse<T> attempt(Context ctx) throws IOException, InterruptedException {
    Exchange<T> exchange = started(ctx);
    try {
      return exchange.sent().get();
    } catch (InterruptedException interrupted) {
      exchange.abort();
      throw interrupted;
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      throw HttpCall.<IOException>rethrown(exchange.failure(cause != null ? cause : failed));
    } catch (Throwable cancelled) {
      throw HttpCall.<IOException>rethrown(exchange.failure(cancelled));
    }
  }

  /** Throws what the work threw, of whatever type: {@code X} is what the compiler is told. */
  private static <X extends Throwable> AssertionError rethrown(Throwable failure) throws X {
    throw Failures.<X>asThrown(failure);
  }

  // ---- without blocking

  CompletionStage<HttpResponse<T>> start() {
    CancellableContext call = open();
    CallerFuture<HttpResponse<T>> result = new CallerFuture<>(call);
    Stages.watch(
        stack.callAsync(call, this::attemptAsync),
        result,
        (response, failure) -> {
          if (failure == null) {
            if (!result.settle(handedOver(call, response), null)) {
              endAll(null); // the caller has left in the last moment: nobody will read it
            }
          } else {
            endAll(null);
            result.settle(null, explained(call, failure));
          }
        });
    return result;
  }

  private CompletionStage<HttpResponse<T>> attemptAsync(Context ctx) throws IOException {
    Exchange<T> exchange = started(ctx);
    CompletableFuture<HttpResponse<T>> response = new CompletableFuture<>();
    Stages.watch(
        exchange.sent(),
        response,
        (value, failure) ->
            Stages.complete(response, value, failure == null ? null : exchange.failure(failure)));
    return response;
  }

  // ---- both

  private Exchange<T> started(Context ctx) throws IOException {
    int number = numbers.incrementAndGet();
    HttpRequest request = number == 1 ? first : factory.request(ctx);
    Exchange<T> exchange = Exchange.start(config, ctx, request, handler, number);
    exchanges.add(exchange);
    if (isOver) {
      exchange.abort();
      exchange.closeLimit();
    }
    return exchange;
  }

  private HttpResponse<T> handedOver(CancellableContext call, HttpResponse<T> response) {
    Exchange<T> winner = null;
    for (Exchange<T> exchange : exchanges) {
      if (exchange.sent().isDone()
          && !exchange.sent().isCompletedExceptionally()
          && exchange.sent().join() == response) {
        winner = exchange;
      }
    }
    endAll(winner);
    Deadline until = config.timeout == null ? null : call.deadline().orElse(null);
    return winner == null ? response : winner.handOver(response, reader, until);
  }

  private void endAll(@Nullable Exchange<T> winner) {
    isOver = true;
    for (Exchange<T> exchange : exchanges) {
      if (exchange != winner) {
        exchange.abort();
        exchange.closeLimit();
      }
    }
  }

  /** The failure, and where a deadline ended the call, which limit that was. */
  private Throwable explained(CancellableContext call, Throwable failure) {
    if (!(failure instanceof DeadlineExceededException)) {
      return failure;
    }
    Throwable told;
    if (config.timeout != null && call.isTimedOut()) {
      told =
          new AttemptTimeoutException(
              RequestText.of(first) + " (time-out of client '" + config.name + "')",
              config.timeout);
    } else {
      told =
          new DeadlineExceededException(
              RequestText.of(first)
                  + ": the caller's deadline has passed, after "
                  + DurationText.of(Duration.ofNanos(caller.timeSource().nanoTime() - begun))
                  + ", "
                  + where()
                  + (config.timeout == null
                      ? ""
                      : " (the time-out of client '"
                          + config.name
                          + "' is "
                          + DurationText.of(config.timeout)
                          + ")"),
              failure.getCause());
    }
    Failures.suppress(told, failure);
    return told;
  }

  private String where() {
    if (exchanges.isEmpty()) {
      return "before it was sent";
    }
    return exchanges.stream().anyMatch(Exchange::hasHeaders)
        ? "while the body was read"
        : "before the response began";
  }
}
