package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.policy.TimeSourceGuard;
import dev.resilience.queue.AdmissionQueue;
import dev.resilience.queue.Announcements;
import dev.resilience.queue.Ticket;
import dev.resilience.queue.WaitQueue;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a {@link RateLimit} and those who wait for some. The meter is brought up to date by
 * whoever looks. One timer is set for the next in the queue, who takes tokens only when they are
 * there; so whoever leaves the queue before has taken none, and those behind move up.
 *
 * <p>The queue never stands: whoever is in it gets tokens in time, because when they come is known.
 */
final class TokenQueue extends AdmissionQueue {

  private final Meter meter;
  private final QueueConfig config;
  private final LimitEvents events;
  private final TimeSourceGuard timeGuard;

  // Guarded by the lock.
  private @Nullable TimeSource time;
  private @Nullable Timer timer;
  private long timerAt;
  private long given;
  private long returned;
  private long rejected;
  private long waited;

  TokenQueue(QueueConfig config, Meter meter) {
    super(Long.MAX_VALUE);
    this.meter = meter;
    this.config = config;
    this.events = new LimitEvents(config.name(), config.listener());
    this.timeGuard = TimeSourceGuard.of(config.name());
  }

  @Override
  public String name() {
    return config.name();
  }

  // ---- taking

  /**
   * Takes tokens that are there and that nobody waits for, and uses them.
   *
   * @param isLast whether a call that finds none is rejected
   */
  boolean tryTake(Context ctx, int tokens, boolean isLast) {
    TimeSource clock = timeGuard.check(ctx);
    Announcements told;
    boolean taken;
    lock.lock();
    try {
      time = clock;
      checkTokens(tokens);
      long now = now();
      admitNext(now);
      taken = waiting.isEmpty() && meter.holds(tokens);
      if (taken) {
        meter.take(tokens);
        given += tokens;
      } else if (isLast) {
        rejected++;
      }
      changed(now);
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
    return taken;
  }

  /**
   * A place in the queue, or tokens.
   *
   * @throws RateLimitExceededException if they would not come in time; it has taken nothing then
   */
  Ticket enter(Context ctx, int tokens, boolean blocking) {
    TimeSource clock = timeGuard.check(ctx);
    Announcements told;
    boolean isIn;
    Ticket ticket;
    lock.lock();
    try {
      time = clock;
      checkTokens(tokens);
      long now = now();
      ticket = new Ticket(this, ctx, tokens, blocking, config.maxWait(), config.tenantKey(), now);
      isIn = enter(ticket, config.maxWaiting(), now);
      if (ticket.isWaiting()) {
        waited++;
        if (waiting.isAhead(ticket)) {
          judgeAll(now);
          changed(now);
        }
      }
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
    if (!isIn) {
      throw events.rejected(ctx, refusal(ticket));
    }
    return ticket;
  }

  private void checkTokens(int tokens) {
    if (tokens < 1 || tokens > meter.burst()) {
      throw new IllegalArgumentException(
          "tokens: "
              + tokens
              + " (expected: 1 to "
              + meter.burst()
              + ", the burst of "
              + name()
              + ")");
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

  // ---- giving back and using

  /** False: it was given up, or used, before. */
  boolean giveUp(Ticket ticket) {
    Announcements told;
    boolean gaveBack;
    lock.lock();
    try {
      gaveBack = letGo(ticket, now());
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
    return gaveBack;
  }

  /** From now on the tokens count as used. False: used, or given up, before. */
  boolean use(Ticket ticket) {
    lock.lock();
    try {
      if (!ticket.isAdmitted() || !(ticket.take() instanceof Meter.Hold hold)) {
        return false;
      }
      ticket.settle();
      meter.advance(now());
      meter.use(hold);
      return true;
    } finally {
      lock.unlock();
    }
  }

  // ---- looking and changing

  /** How long until a ticket is admitted, as things are now; nanoseconds. */
  long waitOf(Ticket ticket) {
    Announcements told;
    long wait = 0;
    lock.lock();
    try {
      long now = now();
      admitNext(now);
      if (ticket.isWaiting()) {
        wait = meter.nanosUntil(waiting.unitsBefore(ticket, now) + ticket.units());
      }
      changed(now);
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
    return wait;
  }

  void changeRate(int tokens, long nanos) {
    change(() -> meter.changeRate(tokens, nanos));
  }

  void changeBurst(int tokens) {
    change(() -> meter.changeBurst(tokens));
  }

  private void change(Runnable setting) {
    Announcements told;
    lock.lock();
    try {
      long now = now();
      admitNext(now);
      setting.run();
      admitNext(now);
      judgeAll(now);
      changed(now);
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
  }

  RateLimitSnapshot snapshot() {
    Announcements told;
    RateLimitSnapshot snapshot;
    lock.lock();
    try {
      long now = now();
      admitNext(now);
      changed(now);
      told = takeNews();
      snapshot =
          new RateLimitSnapshot(
              name(),
              meter.tokensPerNano() * 1e9,
              meter.burst(),
              meter.available(),
              waiting.size(),
              given,
              returned,
              waited,
              rejected);
    } finally {
      lock.unlock();
    }
    tell(told);
    return snapshot;
  }

  // ---- for the queue, under the lock

  /** Reads the clock, and brings the meter up to date. */
  @Override
  protected long now() {
    if (time == null) {
      // Nobody has come yet.
      return 0;
    }
    long now = time.nanoTime();
    meter.advance(now);
    return now;
  }

  @Override
  protected boolean tryTake(Ticket ticket, long now) {
    if (!meter.holds(Math.min(ticket.units(), meter.burst()))) {
      return false;
    }
    ticket.put(meter.hold(ticket.units()));
    given += ticket.units();
    return true;
  }

  @Override
  protected void giveBack(Ticket ticket, long now) {
    if (ticket.take() instanceof Meter.Hold hold) {
      meter.putBack(hold);
      returned += ticket.units();
    }
  }

  @Override
  protected WaitQueue.Outlook outlook(long now) {
    return outlook;
  }

  private final WaitQueue.Outlook outlook =
      new WaitQueue.Outlook() {
        @Override
        public long waitFor(long unitsBefore, int units) {
          return meter.nanosUntil(unitsBefore + units);
        }

        @Override
        public long workTime() {
          return 0;
        }
      };

  /** One timer, for who is next. */
  @Override
  protected void changed(long now) {
    Ticket head = waiting.next(now);
    TimeSource clock = time;
    if (head == null || clock == null) {
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
      return;
    }
    long due = now + Math.max(1, meter.nanosUntil(Math.min(head.units(), meter.burst())));
    if (timer != null) {
      if (timerAt == due) {
        return;
      }
      timer.cancel();
    }
    timerAt = due;
    timer = clock.startTimer(due, this::ring);
  }

  private void ring() {
    Announcements told;
    lock.lock();
    try {
      long now = now();
      if (timerAt - now <= 0) {
        timer = null;
      }
      admitNext(now);
      changed(now);
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
  }

  @Override
  protected void refused(Ticket ticket) {
    rejected++;
    ticket.put(Duration.ofNanos(meter.nanosUntil(waiting.units() + ticket.units())));
  }

  @Override
  protected RateLimitExceededException refusal(Ticket ticket) {
    Duration retryAfter = ticket.peek() instanceof Duration wait ? wait : Duration.ZERO;
    int tokens = ticket.units();
    return new RateLimitExceededException(
        name() + ": no " + (tokens == 1 ? "token" : tokens + " tokens") + " in time", retryAfter);
  }
}
