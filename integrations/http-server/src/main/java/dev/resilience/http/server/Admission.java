package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.http.server.ExchangeEnd.Reason;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.ConcurrencyLimitSnapshot;
import dev.resilience.limit.Permit;
import dev.resilience.limit.UsualTimes;
import dev.resilience.propagation.ReportedLoad;
import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lets in what can be finished, and refuses the rest before any work: 503 with {@code Retry-After},
 * marked as refused before work, so that a client may try again whatever the method.
 *
 * <ul>
 *   <li>A request whose time left is shorter than even quick ones of its {@linkplain
 *       ServerExchange#operation operation} take is refused at once. Every tenth is let through,
 *       and what was learnt is forgotten after ten seconds: nothing locks itself out.
 *   <li>The others need a permit of a concurrency limit, which finds its size. In its line the most
 *       critical go first, the newest first while it stands, and whoever cannot be served in time
 *       is refused, at once and whenever the outlook changes.
 * </ul>
 *
 * <p>A request holds its permit until its handler has returned, also after its time. A client that
 * left teaches the limit nothing, nor does one that failed. Each response says how busy the server
 * is and how long it took here ({@code X-Server-Load}). Who waits, waits on its thread.
 * Thread-safe.
 */
public final class Admission implements ServerFilter {

  private static final Duration SHORTEST_RETRY = Duration.ofSeconds(1);

  private final ConcurrencyLimit limit;
  private final UsualTimes times = UsualTimes.ofDefaults();
  private final LongAdder refused = new LongAdder();

  private Admission(ConcurrencyLimit limit) {
    this.limit = limit;
  }

  /**
   * By a limit that adapts, in whose line a request waits for a second at most.
   *
   * @param name of the limit
   */
  public static Admission adaptive(String name) {
    return by(ConcurrencyLimit.adaptive(name).build());
  }

  /** By a limit of one's own. */
  public static Admission by(ConcurrencyLimit limit) {
    return new Admission(requireNonNull(limit, "limit"));
  }

  /** How many requests were refused. */
  public long refused() {
    return refused.sum();
  }

  /** The figures of the limit as of now. */
  public ConcurrencyLimitSnapshot limit() {
    return limit.snapshot();
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    UsualTimes.Usual usual = times.of(exchange.operation());
    refuseHopeless(ctx, usual);
    Permit permit = acquire(ctx, usual);
    long began = ctx.timeSource().nanoTime();
    exchange.onEnd(end -> settle(ctx, permit, usual, began, end));
    exchange.setLoad(() -> load(usual, exchange));
    next.handle(ctx, exchange);
  }

  private void refuseHopeless(Context ctx, UsualTimes.Usual usual) {
    if (usual.isHopeless(ctx)) {
      Duration left = ctx.timeLeft();
      throw refusal(
          "no-time-left",
          DurationText.of(left.isNegative() ? Duration.ZERO : left)
              + " left (expected: more than the "
              + DurationText.of(usual.time())
              + " that even quick requests take)",
          SHORTEST_RETRY);
    }
  }

  @SuppressWarnings("MustBeClosed") // by the caller
  private Permit acquire(Context ctx, UsualTimes.Usual usual) throws InterruptedException {
    try {
      return limit.acquire(ctx);
    } catch (ConcurrencyLimitExceededException full) {
      Duration turn = usual.time();
      throw refusal(
          "overloaded",
          String.valueOf(full.getMessage()),
          turn.compareTo(SHORTEST_RETRY) > 0 ? turn : SHORTEST_RETRY);
    }
  }

  private RequestRefusedException refusal(String word, String message, Duration retryAfter) {
    refused.increment();
    return new RequestRefusedException(word, message, retryAfter);
  }

  private String load(UsualTimes.Usual usual, ServerExchange exchange) {
    return ReportedLoad.of(limit.snapshot().inUse(), usual.time()).took(exchange.age()).toString();
  }

  private static void settle(
      Context ctx, Permit permit, UsualTimes.Usual usual, long began, ExchangeEnd end) {
    boolean failed = end.reason() == Reason.FAILED || end.reason() == Reason.SHUTDOWN;
    if (failed || end.reason() == Reason.REFUSED) {
      permit.ignore();
      return;
    }
    permit.close(); // which looks at the end of the context by itself
    Duration ran = Duration.ofNanos(ctx.timeSource().nanoTime() - began);
    if (end.reason() == Reason.ANSWERED) {
      usual.answered(ctx, ran);
    } else if (end.reason() == Reason.DEADLINE) {
      usual.cutOff(ctx, ran);
    }
  }
}
