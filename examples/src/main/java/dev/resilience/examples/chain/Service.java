package dev.resilience.examples.chain;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.Permit;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.Carriers;
import dev.resilience.propagation.Extraction;
import dev.resilience.propagation.Propagation;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A service with so many workers, a queue before them, and a service behind it that it asks when
 * its own work is done. A worker is busy until the answer is there.
 *
 * <p>Requests come as headers and leave as headers; that is all that one service knows of another.
 */
final class Service {

  private static final String MOMENT = "X-Deadline";
  private static final int QUEUE = 64;

  /** How long the work takes at a moment. */
  @FunctionalInterface
  interface Work {

    Duration next();
  }

  private final String name;
  private final VirtualTime.Automatic machines;
  private final Context root;
  private final ConcurrencyLimit workers;
  private final Work work;
  private final Deadlines deadlines;
  private final @Nullable Service next;
  private final Books books;

  private final Propagation wire;
  private final CallTimes callsToNext = CallTimes.ofDefaults();

  Service(
      String name,
      VirtualTime.Automatic machines,
      Context root,
      int workers,
      Work work,
      Deadlines deadlines,
      @Nullable Service next,
      Books books) {
    this.name = name;
    this.machines = machines;
    this.root = root;
    this.workers = ConcurrencyLimit.builder(name, workers).maxWaiting(QUEUE).build();
    this.work = work;
    this.deadlines = deadlines;
    this.next = next;
    this.books = books;
    this.wire =
        Propagation.builder(name)
            .callers(Boundary.inside())
            .dependencies(Boundary.inside())
            .minimumTime(Duration.ofMillis(10))
            .build();
  }

  /** A request, as from a socket: it is served on a thread of its own, whoever still waits. */
  CompletionStage<String> receive(Map<String, String> headers, Caller caller) {
    CompletableFuture<String> response = new CompletableFuture<>();
    machines.start(
        name,
        () -> {
          try (CancellableContext request = requestOf(headers)) {
            response.complete(serve(request, caller));
          } catch (Throwable failure) {
            response.completeExceptionally(failure);
          }
        });
    return response;
  }

  /** The deadline of the request, and with it of all that is done for it. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // in the branches of a switch the check does not see a return
  private CancellableContext requestOf(Map<String, String> headers) {
    return switch (deadlines) {
      case NOT_SENT -> root.withCancel();
      case TIME_LEFT -> {
        Extraction in = wire.extract(root, headers, Carriers.map());
        if (in.isTooLate()) {
          books.refused.incrementAndGet();
        }
        yield in.context();
      }
      case MOMENT -> {
        var moment = Instant.ofEpochMilli(Long.parseLong(headers.get(MOMENT)));
        CancellableContext request = root.withDeadline(moment);
        if (request.isDone()) {
          books.refused.incrementAndGet();
        }
        yield request;
      }
    };
  }

  private String serve(Context request, Caller caller)
      throws InterruptedException, ExecutionException {
    request.throwIfDone();
    try (Permit worker = workers.acquire(request)) {
      long from = request.timeSource().nanoTime();
      try {
        request.sleep(work.next());
      } finally {
        books.worked(caller, from, request.timeSource().nanoTime());
      }
      return next == null ? name : name + " " + ask(next, request, caller);
    }
  }

  private String ask(Service service, Context request, Caller caller)
      throws InterruptedException, ExecutionException {
    Map<String, String> headers = new HashMap<>();
    try {
      write(request, headers);
    } catch (NoTimeLeftException notToBeSent) {
      books.refused.incrementAndGet();
      throw notToBeSent;
    }
    long sent = request.timeSource().nanoTime();
    try {
      String answer = request.await(service.receive(headers, caller));
      callsToNext.answered(request, since(request, sent), null);
      return answer;
    } finally {
      if (request.isDone()) {
        callsToNext.cutOff(request, since(request, sent));
      }
    }
  }

  /** What the first caller writes, too. */
  void write(Context request, Map<String, String> headers) {
    switch (deadlines) {
      case NOT_SENT -> {}
      case TIME_LEFT -> wire.inject(request, headers, Carriers.intoMap(), 1, callsToNext);
      case MOMENT -> {
        Instant moment = request.timeSource().instant().plus(request.timeLeft());
        headers.put(MOMENT, Long.toString(moment.toEpochMilli()));
      }
    }
  }

  private static Duration since(Context ctx, long start) {
    return Duration.ofNanos(ctx.timeSource().nanoTime() - start);
  }
}
