package dev.resilience.page;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.observe.CallReport;
import dev.resilience.policy.Verdict.Evidence;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The reports of the last calls in which something unusual happened. They are put into words at
 * once, as a report holds results and exceptions of the user's; so only so many a second are taken,
 * few while nobody looks.
 */
final class RecentCalls {

  private static final int KEPT = 50;
  private static final int MOST_STEPS = 30;
  private static final long EAGER = Duration.ofMillis(50).toNanos();
  private static final long IDLE = Duration.ofSeconds(1).toNanos();

  /**
   * A call.
   *
   * @param id ascending
   * @param at when it ended
   * @param dependency whom it went to
   * @param caller the name or the request id of its context; may be empty
   * @param outcome whether its caller got an answer
   * @param attempts how many attempts there were
   * @param trouble what went wrong first, in words; empty: nothing did
   * @param waited the delays between them, in words; empty: none
   * @param stopped why there was no further attempt
   * @param steps what happened, in order
   */
  record Row(
      long id,
      Instant at,
      String dependency,
      String caller,
      Outcome outcome,
      int attempts,
      String trouble,
      String waited,
      String stopped,
      List<String> steps) {

    /** What went wrong first, and how it ended. */
    String why() {
      return trouble.isEmpty() ? stopped : trouble + "; " + stopped;
    }
  }

  /** What the caller got. */
  enum Outcome {
    ANSWERED,
    FAILED,
    /** Nothing: it did not wait. */
    LEFT
  }

  private final TimeSource time;
  private final AtomicLong nextAllowed;
  private volatile boolean isWatched;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Deque<Row> rows = new ArrayDeque<>();
  private long lastId;

  RecentCalls(TimeSource time) {
    this.time = time;
    this.nextAllowed = new AtomicLong(time.nanoTime());
  }

  /** More reports are taken while somebody looks. */
  void watched(boolean watched) {
    isWatched = watched;
  }

  void add(Context ctx, String dependency, CallReport report) {
    if (!isAllowed()) {
      return;
    }
    List<String> steps = new ArrayList<>();
    for (CallReport.Step step : report.steps()) {
      if (steps.size() == MOST_STEPS) {
        steps.add((report.steps().size() - MOST_STEPS) + " more steps");
        break;
      }
      steps.add(step.toString());
    }
    Duration waited = report.waited();
    String stopped = report.stopped();
    lock.lock();
    try {
      rows.addFirst(
          new Row(
              ++lastId,
              time.instant(),
              dependency,
              caller(ctx),
              outcome(ctx, stopped),
              report.attemptCount(),
              trouble(report),
              waited.isZero() ? "" : DurationText.of(waited),
              stopped,
              steps));
      if (rows.size() > KEPT) {
        rows.removeLast();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isAllowed() {
    long now = time.nanoTime();
    long next = nextAllowed.get();
    return now - next >= 0 && nextAllowed.compareAndSet(next, now + (isWatched ? EAGER : IDLE));
  }

  private static String caller(Context ctx) {
    String request = ctx.get(RequestInfo.REQUEST_ID);
    if (request == null) {
      return ctx.name();
    }
    return ctx.name().isEmpty() ? request : SafeText.of(ctx.name()) + " " + request;
  }

  private static String trouble(CallReport report) {
    for (CallReport.Step step : report.steps()) {
      CallReport.Step itself = step.itself();
      if (itself instanceof CallReport.Rejection
          || (itself instanceof CallReport.Attempt attempt
              && attempt.verdict().evidence() == Evidence.FAILURE)) {
        return step.toString();
      }
    }
    return "";
  }

  private static Outcome outcome(Context ctx, String stopped) {
    if (stopped.startsWith("it succeeded") || stopped.startsWith("a fallback answered")) {
      return Outcome.ANSWERED;
    }
    return ctx.isCancelled() ? Outcome.LEFT : Outcome.FAILED;
  }

  /** The newest first. */
  List<Row> rows() {
    lock.lock();
    try {
      return List.copyOf(rows);
    } finally {
      lock.unlock();
    }
  }
}
