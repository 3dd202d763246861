package dev.resilience.time;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** A wheel under a lock: one of several, so that threads seldom meet. */
final class TimerStripe {

  private final ReentrantLock lock = new ReentrantLock();
  private final TimerWheel wheel = new TimerWheel();

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
    return timer;
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

  int size() {
    lock.lock();
    try {
      return wheel.size();
    } finally {
      lock.unlock();
    }
  }
}
