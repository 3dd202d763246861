package dev.resilience.examples.pipeline;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.Failures;
import dev.resilience.error.RejectedException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Those who place orders: one after the other at a fixed rate, whether or not earlier ones have
 * their answer. Each has an identity and two seconds of patience; some leave before.
 */
final class Callers {

  static final Duration PATIENCE = Duration.ofSeconds(2);

  /** What a caller does with its context. */
  @FunctionalInterface
  interface Order {

    /** Places the n-th order, counted from 0. */
    CompletionStage<HttpResponse<String>> place(Context caller, int n);
  }

  private final Ledger ledger;
  private final FaultScript script;
  private final Order order;

  /** Callers that have not called yet. */
  Callers(Ledger ledger, FaultScript script, Order order) {
    this.ledger = ledger;
    this.script = script;
    this.order = order;
  }

  /**
   * Places so many orders, and returns when each has its outcome, or {@code ctx} has ended.
   *
   * @param rate orders a second
   */
  void placeOrders(Context ctx, int count, int rate) throws InterruptedException {
    // No order outlives its patience: more than this are never under way.
    int mostAtOnce = rate * (int) PATIENCE.toSeconds() * 2;
    var free = new Semaphore(mostAtOnce);
    Duration start = ledger.elapsed();
    try {
      for (int n = 0; n < count; n++) {
        Duration due = start.plus(Duration.ofSeconds(1).multipliedBy(n).dividedBy(rate));
        ctx.sleep(due.minus(ledger.elapsed()));
        free.acquire();
        place(ctx, n, free);
      }
    } catch (ContextException interrupted) {
      // Those under way have been told already.
    }
    boolean unused =
        free.tryAcquire(mostAtOnce, PATIENCE.multipliedBy(2).toMillis(), TimeUnit.MILLISECONDS);
  }

  private void place(Context ctx, int n, Semaphore free) {
    Duration placed = ledger.elapsed();
    @SuppressWarnings("MustBeClosed") // closed when the call has ended
    CancellableContext caller =
        RequestInfo.builder()
            .requestId("order-" + n)
            .userId("user-" + n % 100)
            .build()
            .in(ctx)
            .withTimeout(PATIENCE);
    script
        .leavesAfter(placed, n)
        .ifPresent(after -> caller.delay(after).thenRun(() -> caller.cancel(CancelReason.USER)));
    ledger.inFlight().incrementAndGet();
    order
        .place(caller, n)
        .whenComplete(
            (response, failure) -> {
              ledger
                  .outcome(outcomeOf(caller, response, failure))
                  .add(ledger.elapsed().minus(placed));
              caller.close();
              ledger.inFlight().decrementAndGet();
              free.release();
            });
  }

  /** Whose context ended comes first, and only then what came back. */
  static Outcome outcomeOf(
      Context caller, @Nullable HttpResponse<String> response, @Nullable Throwable thrown) {
    if (response != null && response.statusCode() == 200) {
      return isDegraded(response.body()) ? Outcome.DEGRADED : Outcome.COMPLETE;
    }
    if (caller.isCancelled()) {
      return caller.cause() == CancelReason.USER ? Outcome.LEFT : Outcome.CUT_OFF;
    }
    if (caller.isDone()) {
      return Outcome.OUT_OF_TIME;
    }
    if (response == null) {
      boolean turnedAway = thrown != null && Failures.unwrap(thrown) instanceof RejectedException;
      return turnedAway ? Outcome.TURNED_AWAY : Outcome.FAILED;
    }
    return switch (response.statusCode()) {
      case 503 -> Outcome.TURNED_AWAY;
      case 504 -> Outcome.OUT_OF_TIME;
      default -> response.statusCode() < 500 ? Outcome.DECLINED : Outcome.FAILED;
    };
  }

  private static boolean isDegraded(String receipt) {
    return receipt.contains(Gateway.STALE) || receipt.contains(Gateway.MAIL_LATER);
  }
}
