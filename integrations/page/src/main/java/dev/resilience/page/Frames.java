package dev.resilience.page;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all open streams are sent: made once for all of them, by a thread that lives as long as
 * there is a stream. A slow one gets the newest frame when it is ready for another; nothing piles
 * up.
 */
final class Frames {

  /** Longer than a frame takes to come: a stream looks whether it is still wanted. */
  private static final long PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();

  /** What making frames may cost: one part of this many of a processor. */
  private static final int SHARE = 200;

  private static final long LONGEST_NANOS = Duration.ofMillis(900).toNanos();

  /** What is sent at once; numbered from 1. Nobody changes the bytes. */
  static final class Frame {

    private final long number;
    private final byte[] bytes;

    private Frame(long number, byte[] bytes) {
      this.number = number;
      this.bytes = bytes;
    }

    byte[] bytes() {
      return bytes;
    }
  }

  private final String name;
  private final long intervalNanos;
  private final int mostStreams;
  private final Supplier<String> maker;
  private final Consumer<Boolean> watched;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private int streams;
  private boolean isClosed;
  private @Nullable Thread thread;
  private Frame newest = none();

  /**
   * Frames.
   *
   * @param maker makes what a frame says
   * @param watched hears when the first stream comes and when the last one goes
   */
  Frames(
      String name,
      Duration interval,
      int mostStreams,
      Supplier<String> maker,
      Consumer<Boolean> watched) {
    this.name = name;
    this.intervalNanos = interval.toNanos();
    this.mostStreams = mostStreams;
    this.maker = maker;
    this.watched = watched;
  }

  /** A stream begins, unless there are as many as may be. */
  boolean enter() {
    lock.lock();
    try {
      if (isClosed || streams == mostStreams) {
        return false;
      }
      if (streams++ == 0) {
        watched.accept(true);
      }
      if (thread == null) {
        thread = new Thread(this::make, "page frames of " + name);
        thread.setDaemon(true);
        thread.start();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** A stream has ended. */
  void leave() {
    lock.lock();
    try {
      if (--streams == 0) {
        watched.accept(false);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  int streams() {
    lock.lock();
    try {
      return streams;
    } finally {
      lock.unlock();
    }
  }

  /** The newest frame after one; the same again if none came for a while; null: closed. */
  @Nullable Frame after(Frame last) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = PATIENCE_NANOS;
      while (!isClosed && newest.number <= last.number && left > 0) {
        left = changed.awaitNanos(left);
      }
      return isClosed ? null : newest.number > last.number ? newest : last;
    } finally {
      lock.unlock();
    }
  }

  static Frame none() {
    return new Frame(0, new byte[0]);
  }

  /** Until there is no stream any more. */
  private void make() {
    while (true) {
      long start = System.nanoTime();
      byte[] bytes = ("data: " + maker.get() + "\n\n").getBytes(StandardCharsets.UTF_8);
      long cost = System.nanoTime() - start;
      lock.lock();
      try {
        newest = new Frame(newest.number + 1, bytes);
        changed.signalAll();
        // What is expensive is made less often, and still within a second.
        long pause = Math.max(intervalNanos, Math.min(cost * SHARE, LONGEST_NANOS));
        while (pause > 0 && streams > 0 && !isClosed) {
          pause = changed.awaitNanos(pause);
        }
        if (streams == 0 || isClosed) {
          thread = null;
          return;
        }
      } catch (InterruptedException stopped) {
        thread = null;
        return;
      } finally {
        lock.unlock();
      }
    }
  }

  void close() {
    lock.lock();
    try {
      isClosed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
