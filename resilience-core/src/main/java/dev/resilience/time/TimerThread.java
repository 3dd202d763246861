package dev.resilience.time;

import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Serves timers from one daemon thread, which is started with the first timer, sleeps until the
 * next one is due, and never wakes up for anything else.
 */
final class TimerThread {

  private final String name;
  private final Timers timers;
  private final ReentrantLock starting = new ReentrantLock();
  private volatile @Nullable Thread thread;
  private volatile long wakeUps;

  TimerThread(String name, int stripes) {
    this.name = name;
    this.timers = new Timers(System.nanoTime(), stripes, this::wake);
  }

  Timer startTimer(long deadline, Runnable task) {
    if (thread == null) {
      start();
    }
    return timers.set(deadline, task);
  }

  /** How often the thread has woken up. */
  long wakeUps() {
    return wakeUps;
  }

  /** How many timers are standing. */
  int size() {
    return timers.size();
  }

  private void start() {
    starting.lock();
    try {
      if (thread == null) {
        Thread fresh = new Thread(null, this::serve, name, 0, false);
        fresh.setDaemon(true);
        // Or it would keep alive the application that happened to be first.
        fresh.setContextClassLoader(ClassLoader.getSystemClassLoader());
        fresh.start();
        thread = fresh;
      }
    } finally {
      starting.unlock();
    }
  }

  private void wake() {
    LockSupport.unpark(thread);
  }

  private void serve() {
    for (long turn = 1; ; turn++) {
      timers.serve(System.nanoTime());
      long wakeUp = timers.nextWakeUp();
      if (wakeUp == Timers.NEVER) {
        LockSupport.park(this);
      } else {
        LockSupport.parkNanos(this, wakeUp - (System.nanoTime() - timers.origin()));
      }
      // A flag left behind by a task would keep this thread from ever sleeping again.
      Thread.interrupted();
      wakeUps = turn;
    }
  }
}
