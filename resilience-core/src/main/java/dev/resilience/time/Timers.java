package dev.resilience.time;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Striped wheels, and the agreement between those who set timers and the one who serves them: when
 * must he be woken?
 *
 * <p>{@link #alarm} holds the tick until which the server sleeps. A thread that sets an earlier
 * timer lowers it by compare-and-set and wakes him; who does not, does nothing. While he is awake
 * it says {@link #AWAKE}, which nothing precedes, since he will look once more. Before that look,
 * which ends in {@link #nextWakeUp}, it says {@link TimerWheel#NEVER}, so that a timer set in a
 * stripe where he has been already is not missed: it lowers the alarm, his own compare-and-set
 * fails, and he looks again. From that compare-and-set to his sleep he takes no lock, for waiting
 * for a lock would swallow the wake-up.
 *
 * <p>A moment that he was once told to wake up at he keeps, even if the timer behind it has been
 * cleared meanwhile. Otherwise, where limits are set and cleared one at a time, as they usually
 * are, each would have to wake him. So it is at most one of them in the length of a limit; the
 * price is one wake-up for nothing after the last.
 *
 * <p>Nothing here waits or has a thread, so a test can play the server.
 */
final class Timers {

  /** The length of a tick is 2^20 nanoseconds, a little more than a millisecond. */
  private static final int TICK_BITS = 20;

  private static final long AWAKE = Long.MIN_VALUE;

  /** What {@link #nextWakeUp} returns if no timer stands. */
  static final long NEVER = Long.MAX_VALUE;

  private final long origin;
  private final Runnable waker;
  private final TimerStripe[] stripes;
  private final AtomicLong alarm = new AtomicLong(TimerWheel.NEVER);

  /** The tick that the alarm showed before he was woken, perhaps one of the past. His alone. */
  private long promised = AWAKE;

  /** The tick of the latest reading. Of the server alone. */
  private long served;

  // How many timers had been set at the latest look, and what it showed. Of the server alone.
  private long lastSet;
  private boolean empty;
  private boolean idle;

  // What is due and has not run, a chain of timers. Of the server alone.
  private @Nullable WheelTimer firstDue;
  private @Nullable WheelTimer lastDue;

  /** Made once: the server allocates nothing in a turn, or a full heap would end it. */
  private final Consumer<WheelTimer> sink = this::isDue;

  /**
   * Timers for deadlines from now on.
   *
   * @param now the present reading of the clock
   * @param stripes how many wheels, a power of two
   * @param waker wakes the server; a call while he is awake makes his next sleep return at once
   */
  Timers(long now, int stripes, Runnable waker) {
    this.origin = now;
    this.waker = waker;
    this.stripes = new TimerStripe[stripes];
    for (int i = 0; i < stripes; i++) {
      this.stripes[i] = new TimerStripe();
    }
  }

  // For everybody

  Timer set(long deadline, Runnable task) {
    // Rounded up, never to be early. Does not overflow: see TimeSource.MAX_AHEAD.
    long tick = -((origin - deadline) >> TICK_BITS);
    TimerStripe stripe = lockOne();
    WheelTimer timer;
    try {
      timer = stripe.add(tick, task);
    } finally {
      stripe.unlock();
    }
    if (tick < alarm.get()) {
      lowerAlarm(tick);
    }
    return timer;
  }

  /** The stripe of this thread or, if that is taken, any. */
  private TimerStripe lockOne() {
    int mask = stripes.length - 1;
    int home = (int) ((Thread.currentThread().getId() * 0x9E3779B97F4A7C15L) >>> 32);
    for (int i = 0; i <= mask; i++) {
      TimerStripe stripe = stripes[(home + i) & mask];
      if (stripe.tryLock()) {
        return stripe;
      }
    }
    TimerStripe stripe = stripes[home & mask];
    stripe.lock();
    return stripe;
  }

  private void lowerAlarm(long tick) {
    for (long seen = alarm.get(); tick < seen; seen = alarm.get()) {
      if (alarm.compareAndSet(seen, tick)) {
        waker.run();
        return;
      }
    }
  }

  /** How many timers are standing. */
  int size() {
    int size = 0;
    for (TimerStripe stripe : stripes) {
      size += stripe.size();
    }
    return size;
  }

  // For the server alone

  /** Runs what is due at a reading of the clock. */
  void serve(long now) {
    promised = alarm.getAndSet(AWAKE);
    long tick = (now - origin) >> TICK_BITS;
    served = tick;
    for (TimerStripe stripe : stripes) {
      stripe.advance(tick, sink);
    }
    for (WheelTimer timer = firstDue; timer != null; timer = firstDue) {
      firstDue = timer.next;
      timer.next = null;
      run(timer);
    }
    lastDue = null;
  }

  private void isDue(WheelTimer timer) {
    if (firstDue == null || lastDue == null) {
      firstDue = timer;
    } else {
      lastDue.next = timer;
    }
    lastDue = timer;
  }

  private void run(WheelTimer timer) {
    Runnable task = timer.take();
    if (task == null) {
      return;
    }
    try {
      task.run();
    } catch (OutOfMemoryError full) {
      // Neither heap nor threads stay full for ever, and the limit behind this must not be lost.
      timer.again(task, served);
      Contained.log(task, full);
    } catch (Throwable failure) {
      Contained.log(task, failure);
    }
  }

  /**
   * Until when to sleep, as a reading of the clock measured from {@link #origin}; {@link #NEVER} if
   * there is no timer and was none, and a moment in the past if there is one that needs no sleep.
   */
  long nextWakeUp() {
    alarm.set(TimerWheel.NEVER);
    long next = TimerWheel.NEVER;
    long setSoFar = 0;
    for (TimerStripe stripe : stripes) {
      next = Math.min(next, stripe.nextTick());
      setSoFar += stripe.added();
    }
    empty = next == TimerWheel.NEVER;
    idle = empty && setSoFar == lastSet;
    lastSet = setSoFar;
    long tick = promised > served ? Math.min(promised, next) : next;
    if (!alarm.compareAndSet(TimerWheel.NEVER, tick)) {
      return 0;
    }
    return tick == TimerWheel.NEVER ? NEVER : tick << TICK_BITS;
  }

  /** Whether {@link #nextWakeUp} found no timer. */
  boolean isEmpty() {
    return empty;
  }

  /** Whether {@link #nextWakeUp} found no timer, and none was set since it had looked before. */
  boolean isIdle() {
    return idle;
  }

  long origin() {
    return origin;
  }
}
