package dev.resilience.limit;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.context.Key;
import dev.resilience.error.RejectedException;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * Callers who come at random before a service with so many workers and a queue, which does not hear
 * that a caller has gone. Runs on virtual time, as fast as the machine can.
 */
final class Overload {

  static final Key<String> TENANT = Key.of("tenant", String.class);

  private static final double NANOS = 1e9;

  private final VirtualTime.Manual time;
  private final Context root;
  private final RandomGenerator random;

  // The service.
  int workers = 16;
  double median = 0.06;
  double sigma = 0.25;
  double slowFrom = Double.MAX_VALUE;
  double slowUntil = Double.MAX_VALUE;
  double slower = 1;

  // The callers.
  double load = 0.6;
  double surgeFrom = Double.MAX_VALUE;
  double surgeUntil = Double.MAX_VALUE;
  double surge = 1;
  double patience = 0.6;
  double critical = 1;
  double leaving;
  Map<String, Double> shares = Map.of("", 1.0);
  double length = 12;

  // What came of it.
  int calls;
  int answered;
  int rejected;
  int cutOff;
  double wasted;
  int criticalCalls;
  int criticalAnswered;
  int lastSecondCalls;
  int lastSecondAnswered;
  final Map<String, int[]> byTenant = new HashMap<>();

  private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
  private int busy;
  private Resilience stack = Resilience.of();
  private long start;

  Overload(long seed) {
    time = VirtualTime.manual(seed);
    root = Context.background(time);
    random = time.random();
  }

  /** Callers in a second, at a load of one. */
  double capacity() {
    return workers / (median * Math.exp(sigma * sigma / 2));
  }

  Overload play(ConcurrencyLimit limit) {
    stack = Resilience.of(limit);
    start = time.nanoTime();
    shares.keySet().forEach(tenant -> arriveLater(tenant));
    while (time.advanceToNext()) {
      // Until all is over.
    }
    return this;
  }

  private double now() {
    return (time.nanoTime() - start) / NANOS;
  }

  private void after(double seconds, Runnable action) {
    time.startTimer(time.nanoTime() + (long) (seconds * NANOS), action);
  }

  private void arriveLater(String tenant) {
    double rate = capacity() * load * shares.get(tenant);
    if (now() >= surgeFrom && now() < surgeUntil) {
      rate *= surge;
    }
    double gap = -Math.log(1 - random.nextDouble()) / rate;
    if (now() + gap < length) {
      after(
          gap,
          () -> {
            arrive(tenant);
            arriveLater(tenant);
          });
    }
  }

  private void arrive(String tenant) {
    boolean isCritical = random.nextDouble() < critical;
    boolean leaves = random.nextDouble() < leaving;
    boolean isLast = now() >= length - 1;
    Context values =
        (isCritical ? Criticality.CRITICAL : Criticality.SHEDDABLE)
            .in(root)
            .withValue(TENANT, tenant);
    CancellableContext ctx = values.withTimeout(Duration.ofNanos((long) (patience * NANOS)));
    calls++;
    criticalCalls += isCritical ? 1 : 0;
    lastSecondCalls += isLast ? 1 : 0;
    int[] counts = byTenant.computeIfAbsent(tenant, t -> new int[2]);
    counts[0]++;
    if (leaves) {
      after(random.nextDouble() * median, ctx::cancel);
    }
    stack
        .callAsync(ctx, this::work)
        .whenComplete(
            (answer, failure) -> {
              if (failure == null) {
                answered++;
                criticalAnswered += isCritical ? 1 : 0;
                lastSecondAnswered += isLast ? 1 : 0;
                counts[1]++;
              } else if (failure instanceof RejectedException) {
                rejected++;
              } else {
                cutOff++;
              }
              ctx.close();
            });
  }

  private CompletableFuture<String> work(Context ctx) {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Runnable request = () -> begin(answer);
    if (busy < workers) {
      busy++;
      request.run();
    } else {
      queue.add(request);
    }
    ctx.onDone(() -> answer.cancel(false));
    return answer;
  }

  private void begin(CompletableFuture<String> answer) {
    double took = median * Math.exp(sigma * random.nextGaussian());
    double factor = now() >= slowFrom && now() < slowUntil ? slower : 1;
    double seconds = took * factor;
    after(
        seconds,
        () -> {
          Runnable next = queue.poll();
          if (next == null) {
            busy--;
          }
          if (!answer.complete("answer")) {
            wasted += seconds;
          }
          if (next != null) {
            next.run();
          }
        });
  }

  double success() {
    return answered / (double) calls;
  }

  double refusedShare() {
    return rejected / (double) calls;
  }

  double criticalSuccess() {
    return criticalAnswered / (double) criticalCalls;
  }

  double lastSecondSuccess() {
    return lastSecondAnswered / (double) Math.max(1, lastSecondCalls);
  }

  double successOf(String tenant) {
    int[] counts = byTenant.get(tenant);
    return counts[1] / (double) counts[0];
  }

  @Override
  public String toString() {
    return String.format(
        "%d calls, %.3f answered, %d rejected, %d cut off, %.1f s wasted",
        calls, success(), rejected, cutOff, wasted);
  }
}
