package dev.resilience.http.client;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.Failures;
import dev.resilience.policy.Verdict;
import dev.resilience.propagation.ClientPropagation;
import dev.resilience.text.DurationText;
import dev.resilience.time.Deadline;
import java.io.IOException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.net.http.HttpTimeoutException;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One attempt: a request that is under way, and its response. It ends with the context of the
 * attempt until the response is handed over, and with that of the caller afterwards, while the body
 * is still read.
 */
final class Exchange<T extends @Nullable Object> implements BodyHandler<T> {

  private final ClientConfig config;
  private final HttpRequest request;
  private final BodyHandler<T> handler;
  private final Context attempt;

  /** The attempt's own limit, where the request has one. */
  private final @Nullable CancellableContext limited;

  private final ClientPropagation.Attempt wire;
  private final AtomicBoolean isAborted = new AtomicBoolean();
  private volatile @Nullable AbortableBody<T> body;
  private volatile boolean hasHeaders;
  private @Nullable CompletableFuture<HttpResponse<T>> sent;

  private Exchange(
      ClientConfig config,
      Context attempt,
      HttpRequest request,
      BodyHandler<T> handler,
      ClientPropagation.Attempt wire) {
    this.config = config;
    this.attempt = attempt;
    this.request = request;
    this.handler = handler;
    this.wire = wire;
    this.limited = request.timeout().map(attempt::withTimeout).orElse(null);
  }

  /**
   * Sends a request.
   *
   * @param attempt whose end breaks it off
   * @throws dev.resilience.error.NoTimeLeftException if it is not worth sending
   */
  static <T extends @Nullable Object> Exchange<T> start(
      ClientConfig config,
      Context attempt,
      HttpRequest request,
      BodyHandler<T> handler,
      int number) {
    HttpRequest.Builder headers = HttpRequest.newBuilder(request, (name, value) -> true);
    ClientPropagation.Attempt wire =
        config.wire.begin(attempt, number, headers, HttpRequest.Builder::setHeader);
    Exchange<T> exchange = new Exchange<>(config, attempt, headers.build(), handler, wire);
    exchange.send();
    return exchange;
  }

  private void send() {
    config.counters.attempts.increment();
    CompletableFuture<HttpResponse<T>> future = config.http.sendAsync(request, this);
    sent = future;
    (limited != null ? limited : attempt).onAbort(this::abort);
  }

  /** Only the future that the client returned breaks the exchange off, none derived from it. */
  CompletableFuture<HttpResponse<T>> sent() {
    return requireNonNull(sent);
  }

  /** The headers are there. On a thread of the JDK's client. */
  @Override
  public BodySubscriber<T> apply(ResponseInfo info) {
    hasHeaders = true;
    config.counters.responses.increment();
    Verdict verdict =
        wire.answered(info.statusCode(), info.headers(), ClientConfig.HEADERS, request::uri);
    if (verdict == Verdict.REJECTED) {
      config.counters.refused.increment();
    }
    AbortableBody<T> mine = new AbortableBody<>(handler.apply(info), config.maxBodySize);
    body = mine;
    if (isAborted.get()) {
      mine.abort(new IOException("broken off"));
    }
    return mine;
  }

  /** The attempt has ended, or its caller has left. Does nothing where the exchange is over. */
  void abort() {
    AbortableBody<T> mine = body;
    boolean isOver = sent().isCompletedExceptionally() || (mine != null && mine.isOver());
    if (isOver || !isAborted.compareAndSet(false, true)) {
      return;
    }
    config.counters.aborted.increment();
    wire.cutOff();
    sent().cancel(true);
    mine = body;
    if (mine != null) {
      mine.abort(new IOException("broken off: the context of the call has ended"));
    }
    wire.cancelId().ifPresent(id -> config.sendCancel(request.uri(), id));
  }

  /** The response is handed over to the caller, whose end alone counts from now on. */
  @SuppressWarnings("MustBeClosed") // closed when the body has been read
  HttpResponse<T> handOver(HttpResponse<T> response, Context caller, @Nullable Deadline until) {
    AbortableBody<T> mine = body;
    if (mine == null || mine.isOver()) {
      closeLimit();
      return response;
    }
    Deadline own = limited == null ? null : limited.deadline().orElse(null);
    Deadline earliest = own == null || (until != null && until.isBefore(own)) ? until : own;
    CancellableContext reading =
        earliest == null ? caller.withCancel() : caller.withDeadline(earliest);
    reading.onAbort(this::abort);
    mine.whenOver(reading::close);
    closeLimit();
    return response;
  }

  void closeLimit() {
    if (limited != null) {
      limited.close();
    }
  }

  /** What the caller gets for what the JDK's client threw. */
  Throwable failure(Throwable thrown) {
    Throwable failure = Failures.unwrap(thrown);
    wire.failed();
    // The JDK's own timer of the request may be a little earlier than ours.
    boolean isTimedOut =
        limited != null
            && (limited.isTimedOut()
                || (failure instanceof HttpTimeoutException
                    && !(failure instanceof HttpConnectTimeoutException)));
    if (isTimedOut && !attempt.isDone()) {
      AttemptTimeoutException timedOut =
          new AttemptTimeoutException(
              RequestText.of(request) + " (time-out of the request)",
              request.timeout().orElseThrow());
      Failures.suppress(timedOut, failure);
      return timedOut;
    }
    if (failure instanceof Error || !(failure instanceof IOException || isAborted.get())) {
      return failure;
    }
    if (isAborted.get()) {
      return failure instanceof IOException ? failure : new IOException("broken off", failure);
    }
    ConnectionFailure kind = ConnectionFailure.of(failure, hasHeaders);
    config.counters.failed(kind);
    if (kind.isRefused()) {
      config.counters.refused.increment();
    }
    return new HttpConnectionException(
        RequestText.of(request)
            + ": "
            + kind.name().toLowerCase(Locale.ROOT).replace('_', ' ')
            + " after "
            + DurationText.of(wire.age()),
        kind,
        failure);
  }

  boolean hasHeaders() {
    return hasHeaders;
  }
}
