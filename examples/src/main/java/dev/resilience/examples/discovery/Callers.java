package dev.resilience.examples.discovery;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.discovery.client.Ejection;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.examples.program.NamedThreads;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;

/**
 * Those who call: so many a second, whether or not earlier calls have their answer. Each has two
 * seconds of patience, and an attempt at one instance has half a second.
 */
final class Callers implements AutoCloseable {

  static final Duration PATIENCE = ofSeconds(2);
  static final Duration ATTEMPT = ofMillis(500);

  private static final int REHEARSALS = 60;

  private final CancellableContext life;
  private final Logbook log;
  private final ServiceClient orders;
  private final ExecutorService threads = NamedThreads.pool("callers-http", 8);
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(threads).build();

  @SuppressWarnings("MustBeClosed") // closed by close()
  Callers(Context ctx, ServiceRegistry registry, Logbook log) {
    this.life = ctx.withCancel();
    this.log = log;
    this.orders =
        ServiceClient.builder(Cluster.SERVICE, registry)
            .perCall(
                Resilience.of(
                    Retry.builder()
                        .maxAttempts(3)
                        .backoff(Backoff.exponential(ofMillis(10), ofMillis(200)).withFullJitter())
                        .build()))
            .perAttempt(Resilience.of(FixedTimeout.of(ATTEMPT)))
            // Quicker than usual, so that there is something to see within seconds.
            .ejection(
                Ejection.builder()
                    .time(ofSeconds(2), ofSeconds(10))
                    .slowStart(ofSeconds(5))
                    .build())
            .open(life);
  }

  ServiceClient client() {
    return orders;
  }

  /** Lets all JVMs load and compile: a cold one would be a fault of its own. */
  void rehearse() throws InterruptedException {
    for (int i = 0; i < REHEARSALS; i++) {
      List<CompletionStage<String>> together =
          log.places.stream().map(place -> fetch(life, place)).toList();
      for (CompletionStage<String> one : together) {
        try {
          life.await(one);
        } catch (ExecutionException notYet) {
          // It is not up yet, or has too much to do.
        }
      }
    }
  }

  /** Begins to call, on a thread of its own, until this is closed. */
  void start(int rate) {
    new Thread(() -> callAgainAndAgain(rate), "callers").start();
  }

  private void callAgainAndAgain(int rate) {
    Duration start = log.elapsed();
    try {
      for (long n = 0; ; n++) {
        Duration due = start.plus(Duration.ofSeconds(n).dividedBy(rate));
        life.sleep(due.minus(log.elapsed()));
        call();
      }
    } catch (ContextException end) {
      // The calls under way have been told, too.
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void call() {
    Duration begun = log.elapsed();
    List<ServiceInstance> tried = new CopyOnWriteArrayList<>();
    @SuppressWarnings("MustBeClosed") // closed when the call has ended
    CancellableContext caller = life.withTimeout(PATIENCE);
    orders
        .callAsync(
            caller,
            (ctx, instance) -> {
              tried.add(instance);
              return fetch(ctx, instance);
            })
        .whenComplete(
            (order, failure) -> {
              if (!life.isDone()) {
                log.add(
                    new Logbook.Call(
                        begun, log.elapsed(), List.copyOf(tried), Optional.ofNullable(failure)));
              }
              caller.close();
            });
  }

  private CompletionStage<String> fetch(Context ctx, ServiceInstance instance) {
    var request = HttpRequest.newBuilder(URI.create("http://" + instance.id() + "/")).build();
    var sent = http.sendAsync(request, BodyHandlers.ofString());
    Registration abort = ctx.onDone(() -> sent.cancel(true));
    return sent.whenComplete((response, failure) -> abort.withdraw()).thenCompose(Callers::orderIn);
  }

  private static CompletionStage<String> orderIn(HttpResponse<String> response) {
    return response.statusCode() == 200
        ? CompletableFuture.completedFuture(response.body())
        : CompletableFuture.failedFuture(new IOException("status " + response.statusCode()));
  }

  @Override
  public void close() {
    life.cancel();
    orders.close();
    NamedThreads.end(threads);
  }
}
