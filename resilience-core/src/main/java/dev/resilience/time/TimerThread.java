package dev.resilience.time;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Serves timers from one daemon thread, which sleeps until the next one is due. It ends when none
 * stands and none has been set for a second, so that an application that has gone can be forgotten
 * with its class loader; the next timer starts another one. To notice that, it looks every ten
 * seconds, and wakes up for nothing else.
 *
 * <p>It survives whatever happens in a turn, in which it allocates nothing itself. Should it die
 * all the same, of a debugger's or a native library's hand, it is replaced at once or with the next
 * timer.
 *
 * <p>One who sets a timer adds it and then looks for the thread; the thread that ends takes itself
 * away and then looks for timers. Each writes before it looks, so at least one sees the other.
 */
final class TimerThread {

  /** While timers stand it looks after so many times the idle time whether they still do. */
  private static final int LOOK_PERIOD = 10;

  /** The pause after a turn that has failed. */
  private static final long RECOVERY_NANOS = 1_000_000;

  private final ThreadFactory threads;
  private final long idleNanos;
  private final Timers timers;
  private final ReentrantLock starting = new ReentrantLock();
  private volatile @Nullable Thread thread;
  private volatile long wakeUps;

  TimerThread(String name, int stripes) {
    this(work -> DaemonThreads.thread(name, work), stripes, DaemonThreads.IDLE_NANOS);
  }

  TimerThread(ThreadFactory threads, int stripes, long idleNanos) {
    this.threads = threads;
    this.idleNanos = idleNanos;
    this.timers = new Timers(System.nanoTime(), stripes, this::wake);
  }

  Timer startTimer(long deadline, Runnable task) {
    Timer timer = timers.set(deadline, task);
    if (thread == null) {
      start(timer);
    }
    return timer;
  }

  /** How often the thread has woken up. */
  long wakeUps() {
    return wakeUps;
  }

  /** How many timers are standing. */
  int size() {
    return timers.size();
  }

  private void start(Timer timer) {
    try {
      start();
    } catch (Throwable noThread) {
      if (timer.cancel()) {
        throw noThread;
      }
    }
  }

  private void start() {
    starting.lock();
    try {
      if (thread == null) {
        Thread fresh = threads.newThread(this::serve);
        fresh.start();
        thread = fresh;
        // Of a timer that was set meanwhile it was not told.
        LockSupport.unpark(fresh);
      }
    } finally {
      starting.unlock();
    }
  }

  private void wake() {
    // Null: whoever set the timer will look for a thread next, and start one.
    LockSupport.unpark(thread);
  }

  private void serve() {
    boolean over = false;
    try {
      while (!over) {
        over = turn() && retires();
      }
    } finally {
      if (!over) {
        replace();
      }
    }
  }

  /**
   * Serves what is due, and sleeps until there is more.
   *
   * @return whether there has been nothing to do for a while
   */
  private boolean turn() {
    try {
      timers.serve(System.nanoTime());
      long wakeUp = timers.nextWakeUp();
      if (timers.isIdle()) {
        return true;
      }
      long left = wakeUp - (System.nanoTime() - timers.origin());
      // A timer that is cleared does not wake this thread, so it looks now and then.
      sleep(Math.min(left, timers.isEmpty() ? idleNanos : LOOK_PERIOD * idleNanos));
    } catch (Throwable failure) {
      // Contended locks allocate, so a full heap may get here. What was not served stands still.
      sleep(RECOVERY_NANOS);
    }
    return false;
  }

  // Of the server alone, which the threads are one after the other.
  @SuppressWarnings("NonAtomicVolatileUpdate")
  private void sleep(long nanos) {
    LockSupport.parkNanos(this, nanos);
    // A flag left behind by a task would keep this thread from ever sleeping again.
    Thread.interrupted();
    wakeUps++;
  }

  /** Ends the life of this thread, unless a timer was set meanwhile that nobody else serves. */
  private boolean retires() {
    leaves();
    if (timers.size() == 0) {
      return true;
    }
    starting.lock();
    try {
      if (thread != null) {
        return true;
      }
      thread = Thread.currentThread();
      return false;
    } finally {
      starting.unlock();
    }
  }

  /**
   * Takes this thread away. On a busy machine it may have done all there was to do before its
   * starter gets around to naming it: were it not waited for, it would name a dead thread, and no
   * timer would ever be served again.
   */
  private void leaves() {
    while (thread != Thread.currentThread()) {
      sleep(RECOVERY_NANOS);
    }
    thread = null;
  }

  /** This thread dies with timers standing. */
  private void replace() {
    leaves();
    try {
      if (timers.size() > 0) {
        start();
      }
    } catch (Throwable noThread) {
      // The next timer tries again.
    }
  }
}
