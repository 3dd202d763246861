package dev.resilience.load;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.ReportedLoad;
import dev.resilience.simulation.Client;
import dev.resilience.simulation.Exchange;
import dev.resilience.simulation.Reply;
import dev.resilience.simulation.ServiceException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of one client over HTTP, notes each, and gives it up when its context ends. It
 * sends POSTs, which the JDK's client does not send again on its own.
 */
final class HttpSender {

  private static final int AT_ONCE = 20;

  private static final ReportedLoad IDLE = ReportedLoad.of(0, Duration.ZERO);

  private final String name;
  private final List<URI> instances;
  private final RealTime time;
  private final boolean tellsTimeLeft;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .executor(Executors.newFixedThreadPool(2, Threads.daemons("client")))
          .build();
  private final Queue<SentRequest> sent = new ConcurrentLinkedQueue<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private volatile boolean isClosed;
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * A sender.
   *
   * @param name unique in a run
   * @param ports one for each instance
   * @param tellsTimeLeft whether requests carry the time that is left
   */
  HttpSender(String name, List<Integer> ports, RealTime time, boolean tellsTimeLeft) {
    this.name = name;
    this.instances = ports.stream().map(port -> URI.create("http://127.0.0.1:" + port)).toList();
    this.time = time;
    this.tellsTimeLeft = tellsTimeLeft;
  }

  /**
   * Makes calls of which the services take no note, some at a time, to get the code compiled and
   * connections opened.
   *
   * @param client one of its own: it learns nothing for the run
   */
  void warmUp(Client client, int calls) {
    for (int i = 0; i < calls; i += AT_ONCE) {
      CompletableFuture<?>[] some = new CompletableFuture<?>[AT_ONCE];
      for (int j = 0; j < AT_ONCE; j++) {
        CancellableContext ctx = Context.background().withTimeout(Duration.ofSeconds(5));
        some[j] =
            client
                .call(ctx, new Warming())
                .whenComplete((reply, failure) -> ctx.close())
                .toCompletableFuture();
      }
      try {
        CompletableFuture.allOf(some).join();
      } catch (CompletionException cold) {
        // A client that has not learned yet what is usual may give up some.
      }
    }
  }

  private final class Warming implements Exchange {

    @Override
    public CompletionStage<Reply> send(Context ctx) {
      return send(ctx, Math.floorMod(turn.getAndIncrement(), instances.size()));
    }

    @Override
    public CompletionStage<Reply> send(Context ctx, int instance) {
      URI uri = instances.get(instance).resolve("/warm");
      return http.sendAsync(
              HttpRequest.newBuilder(uri).POST(BodyPublishers.noBody()).build(),
              BodyHandlers.discarding())
          .thenApply(response -> new Reply(response.statusCode(), IDLE));
    }
  }

  /** What a client sends for one call. */
  Exchange exchange(int call) {
    return new Exchange() {
      @Override
      public CompletionStage<Reply> send(Context ctx) {
        return send(ctx, Math.floorMod(turn.getAndIncrement(), instances.size()));
      }

      @Override
      public CompletionStage<Reply> send(Context ctx, int instance) {
        if (isClosed) {
          return CompletableFuture.failedFuture(new IllegalStateException("closed"));
        }
        return ctx.isDone()
            ? CompletableFuture.failedFuture(ctx.toException())
            : new Sending(ctx, call, instance).begin();
      }
    };
  }

  /** Lets nothing more out: some clients go on to retry for callers who have gone. */
  void close() {
    isClosed = true;
  }

  /** Whether no request waits for its answer. */
  boolean isIdle() {
    return sent.stream().allMatch(SentRequest::isOver);
  }

  /** What it has noted of all requests. */
  Queue<SentRequest> sent() {
    return sent;
  }

  private final class Sending {

    private final Context ctx;
    private final SentRequest note;
    private final CompletableFuture<HttpResponse<Void>> response;
    private final CompletableFuture<Reply> reply = new CompletableFuture<>();

    Sending(Context ctx, int call, int instance) {
      this.ctx = ctx;
      this.note = new SentRequest(name + numbers.incrementAndGet(), call, instance, time.now());
      sent.add(note);
      HttpRequest.Builder request =
          HttpRequest.newBuilder(instances.get(instance).resolve("/work"))
              .POST(BodyPublishers.noBody())
              .header(Headers.REQUEST, note.id())
              .header(Headers.CALL, String.valueOf(call));
      if (tellsTimeLeft && ctx.deadline().isPresent()) {
        request.header(Headers.TIME_LEFT, String.valueOf(ctx.timeLeft().toNanos()));
      }
      this.response = http.sendAsync(request.build(), BodyHandlers.discarding());
    }

    CompletionStage<Reply> begin() {
      Registration registration = ctx.onDone(this::giveUp);
      var unused =
          response.whenComplete(
              (result, failure) -> {
                registration.close();
                arrived(result);
              });
      return reply;
    }

    private void giveUp() {
      if (note.release(time.now(), -1)) {
        response.cancel(true);
        reply.completeExceptionally(ctx.toException());
      }
    }

    private void arrived(@Nullable HttpResponse<Void> result) {
      int status = result == null ? ServiceException.UNREACHABLE : result.statusCode();
      if (!note.release(time.now(), status)) {
        return;
      }
      if (status == 200) {
        reply.complete(new Reply(status, load(result)));
      } else {
        reply.completeExceptionally(new ServiceException(status));
      }
    }

    private static ReportedLoad load(@Nullable HttpResponse<Void> result) {
      ReportedLoad told =
          result == null
              ? null
              : ReportedLoad.read(
                  result.headers().firstValue(HeaderNames.SERVER_LOAD).orElse(null));
      return told == null ? IDLE : told;
    }
  }
}
