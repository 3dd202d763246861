package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.policy.TimeSourceGuard;
import dev.resilience.queue.AdmissionQueue;
import dev.resilience.queue.Announcements;
import dev.resilience.queue.Refusal;
import dev.resilience.queue.Ticket;
import dev.resilience.queue.WaitQueue;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The permits of a {@link ConcurrencyLimit} and those who wait for one. The size is fixed, or found
 * by a {@link ConcurrencyEstimator}.
 */
final class PermitQueue extends AdmissionQueue {

  /**
   * From when on a queue stands. Measured with a simulated service: with 100 ms, a sixfold slowdown
   * wasted fifty times the work that it wasted with 10 ms, because calls were let in that had
   * already used up a third of their time; below 10 ms nothing changed.
   */
  private static final long STANDS_AFTER = 10_000_000L;

  /** A long queue is judged as a whole no more often than this. */
  private static final long JUDGED_EVERY = 5_000_000L;

  private final PermitCounter counter;
  private final @Nullable ConcurrencyEstimator estimator;
  private final QueueConfig config;
  private final LimitEvents events;
  private final TimeSourceGuard timeGuard;

  // Guarded by the lock.
  private @Nullable TimeSource time;
  private long judgedAt;
  private long rejected;
  private long waited;

  /** Which calls are measured; a stale value does no harm. */
  private int mask;

  PermitQueue(QueueConfig config, int permits, @Nullable ConcurrencyEstimator estimator) {
    super(STANDS_AFTER);
    this.counter = new PermitCounter(permits);
    this.estimator = estimator;
    this.config = config;
    this.events = new LimitEvents(config.name(), config.listener());
    this.timeGuard = TimeSourceGuard.of(config.name());
  }

  @Override
  public String name() {
    return config.name();
  }

  /** Whether durations are of interest. */
  boolean isMeasuring() {
    return estimator != null;
  }

  // ---- the short way

  /** As {@link PermitCounter#tryAcquire}. */
  long tryAcquire() {
    return counter.tryAcquire();
  }

  /** Whether the duration of a call is to be told by {@link #sample}. */
  boolean isMeasured(long admission) {
    return estimator != null && (PermitCounter.number(admission) & mask) == 0;
  }

  void release() {
    if (counter.release()) {
      Announcements told;
      lock.lock();
      try {
        long now = now();
        admitNext(now);
        changed(now);
        told = takeNews();
      } finally {
        lock.unlock();
      }
      tell(told);
    }
  }

  // ---- the long way

  /**
   * A place in the queue, or a permit.
   *
   * @throws ConcurrencyLimitExceededException if it is refused at once
   */
  Ticket enter(Context ctx, boolean blocking) {
    if (config.maxWaiting() == 0) {
      refuse(ctx);
      throw events.rejected(ctx, full());
    }
    TimeSource clock = timeGuard.check(ctx);
    long now = clock.nanoTime();
    Ticket ticket = new Ticket(this, ctx, 1, blocking, config.maxWait(), config.tenantKey(), now);
    Announcements told;
    boolean isIn;
    int from = counter.limit();
    int to;
    lock.lock();
    try {
      time = clock;
      isIn = enter(ticket, config.maxWaiting(), now);
      if (estimator != null) {
        estimator.pressed(now, !isIn, counter);
        follow(estimator);
      }
      to = counter.limit();
      if (to > from) {
        admitNext(now);
        changed(now);
      }
      if (waiting.size() > 0 && (to < from || now - judgedAt > JUDGED_EVERY)) {
        judgedAt = now;
        judgeAll(now);
        changed(now);
      }
      if (ticket.isWaiting()) {
        waited++;
      }
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
    if (from != to) {
      events.changed(ctx, from, to);
    }
    if (!isIn) {
      throw events.rejected(ctx, refusal(ticket));
    }
    return ticket;
  }

  /** Counts a call that came by {@code tryAcquire} and does not wait. */
  void refuse(@Nullable Context ctx) {
    int from = counter.limit();
    int to;
    lock.lock();
    try {
      rejected++;
      if (estimator != null && ctx != null) {
        estimator.pressed(timeGuard.check(ctx).nanoTime(), true, counter);
        follow(estimator);
      }
      to = counter.limit();
    } finally {
      lock.unlock();
    }
    if (from != to && ctx != null) {
      events.changed(ctx, from, to);
    }
  }

  /** An admitted call goes on; its wait is told. */
  void tellWait(Context ctx, Ticket ticket) {
    if (ticket.hasWaited()) {
      events.waited(ctx, ctx.timeSource().nanoTime() - ticket.enteredAt());
    }
  }

  /** Waits for the turn of a call. */
  void await(Context ctx, Ticket ticket) throws InterruptedException {
    events.await(ctx, ticket);
  }

  /** As {@link Ticket#whenTurn}. */
  void whenTurn(Context ctx, Ticket ticket, Consumer<@Nullable Throwable> next) {
    events.whenTurn(ctx, ticket, next);
  }

  // ---- measuring

  /** Sees to it that all times are of one clock. */
  void checkTime(Context ctx) {
    timeGuard.check(ctx);
  }

  int limit() {
    return counter.limit();
  }

  int inUse() {
    return counter.inUse();
  }

  /** A measured call has ended, and had its permit; to be followed by {@link #release}. */
  void sample(Context ctx, long began, long now, boolean atLeast, int inUse) {
    ConcurrencyEstimator judge = estimator;
    if (judge == null) {
      return;
    }
    Announcements told;
    int from;
    int to;
    lock.lock();
    try {
      from = counter.limit();
      long before = judge.workTime();
      judge.sample(began, now, atLeast, inUse, counter);
      follow(judge);
      to = counter.limit();
      if (to < from || judge.workTime() > before) {
        judgedAt = now;
        judgeAll(now);
      }
      if (to > from) {
        admitNext(now);
      }
      changed(now);
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
    if (from != to) {
      events.changed(ctx, from, to);
    }
  }

  /** Under the lock. */
  private void follow(ConcurrencyEstimator judge) {
    mask = judge.mask();
    int size = judge.limit();
    if (size != counter.limit()) {
      counter.setLimit(size);
    }
  }

  ConcurrencyLimitSnapshot snapshot() {
    lock.lock();
    try {
      return new ConcurrencyLimitSnapshot(
          name(),
          counter.limit(),
          counter.inUse(),
          waiting.size(),
          waited,
          rejected,
          estimator == null ? Duration.ZERO : Duration.ofNanos(estimator.baseline()),
          estimator == null ? Duration.ZERO : Duration.ofNanos(estimator.workTime()));
    } finally {
      lock.unlock();
    }
  }

  // ---- for the queue, under the lock

  @Override
  protected long now() {
    // Without a time source nobody has ever waited, and no time is looked at.
    return time == null ? 0 : time.nanoTime();
  }

  @Override
  protected boolean tryTake(Ticket ticket, long now) {
    return counter.tryTake();
  }

  @Override
  protected void giveBack(Ticket ticket, long now) {
    counter.release();
  }

  @Override
  protected WaitQueue.Outlook outlook(long now) {
    return outlook;
  }

  private final WaitQueue.Outlook outlook =
      new WaitQueue.Outlook() {
        @Override
        public long waitFor(long unitsBefore, int units) {
          return workTime() / counter.limit() * unitsBefore;
        }

        @Override
        public long workTime() {
          return estimator == null ? 0 : estimator.workTime();
        }
      };

  @Override
  protected void changed(long now) {
    counter.setWaiting(!waiting.isEmpty());
  }

  @Override
  protected void refused(Ticket ticket) {
    rejected++;
  }

  @Override
  protected ConcurrencyLimitExceededException refusal(Ticket ticket) {
    return ticket.refusal() == Refusal.QUEUE_FULL
        ? full()
        : new ConcurrencyLimitExceededException(name() + ": no permit in time");
  }

  /** The figures are those of a moment, for people. */
  ConcurrencyLimitExceededException full() {
    String queue = config.maxWaiting() == 0 ? "" : ", " + waiting.size() + " waiting";
    return new ConcurrencyLimitExceededException(
        name() + ": " + counter.limit() + " calls under way" + queue);
  }
}
