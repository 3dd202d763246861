package dev.resilience.time;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** A wheel under a lock: one of several, so that threads seldom meet. */
final class TimerStripe {

  private final ReentrantLock lock = new ReentrantLock();
  private final TimerWheel wheel = new TimerWheel();
  private long added;

  boolean tryLock() {
    return lock.tryLock();
  }

  void lock() {
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  /** The lock is held by the caller. */
  WheelTimer add(long tick, Runnable task) {
    WheelTimer timer = new WheelTimer(this, tick, task);
    wheel.add(timer);
    added++;
    return timer;
  }

  /** Adds a timer that was due and is to be tried again. */
  void addAgain(WheelTimer timer, long tick, Runnable task) {
    lock.lock();
    try {
      timer.standFor(task, tick);
      wheel.add(timer);
    } finally {
      lock.unlock();
    }
  }

  void remove(WheelTimer timer) {
    lock.lock();
    try {
      wheel.remove(timer);
    } finally {
      lock.unlock();
    }
  }

  void advance(long tick, Consumer<? super WheelTimer> sink) {
    lock.lock();
    try {
      wheel.advance(tick, sink);
    } finally {
      lock.unlock();
    }
  }

  long nextTick() {
    lock.lock();
    try {
      return wheel.nextTick();
    } finally {
      lock.unlock();
    }
  }

  /** How many timers were ever added. */
  long added() {
    lock.lock();
    try {
      return added;
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return wheel.size();
    } finally {
      lock.unlock();
    }
  }
}
