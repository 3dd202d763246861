package dev.resilience.concurrent.pipeline;

import dev.resilience.context.Context;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue between two stages, whose waits end with a context. Each change wakes one who
 * waits; who leaves without having used it passes it on.
 */
final class Channel<T> {

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<T> queue = new ArrayDeque<>();
  private final ArrayDeque<CompletableFuture<@Nullable Void>> takers = new ArrayDeque<>();
  private final ArrayDeque<CompletableFuture<@Nullable Void>> putters = new ArrayDeque<>();
  private int producers;
  private long taken;

  Channel(int capacity, int producers) {
    this.capacity = capacity;
    this.producers = producers;
  }

  /**
   * Adds an item; waits while the queue is full.
   *
   * @throws dev.resilience.context.ContextException if the context ends first
   */
  void put(Context ctx, T item) throws InterruptedException {
    while (true) {
      CompletableFuture<@Nullable Void> wait = null;
      CompletableFuture<@Nullable Void> taker = null;
      lock.lock();
      try {
        if (queue.size() < capacity) {
          queue.add(item);
          taker = takers.poll();
        } else {
          wait = new CompletableFuture<>();
          putters.add(wait);
        }
      } finally {
        lock.unlock();
      }
      if (wait == null) {
        wake(taker);
        return;
      }
      await(ctx, wait, putters);
    }
  }

  /**
   * Takes the oldest item; waits while there is none.
   *
   * @return null when all producers have finished and nothing is left
   * @throws dev.resilience.context.ContextException if the context ends first
   */
  @Nullable Taken<T> take(Context ctx) throws InterruptedException {
    while (true) {
      CompletableFuture<@Nullable Void> wait = null;
      CompletableFuture<@Nullable Void> putter = null;
      Taken<T> result = null;
      lock.lock();
      try {
        T item = queue.poll();
        if (item != null) {
          putter = putters.poll();
          result = new Taken<>(item, taken++);
        } else if (producers > 0) {
          wait = new CompletableFuture<>();
          takers.add(wait);
        }
      } finally {
        lock.unlock();
      }
      wake(putter);
      if (wait == null) {
        return result;
      }
      await(ctx, wait, takers);
    }
  }

  /**
   * An item, and how many were taken before it.
   *
   * @param <T> its type
   */
  record Taken<T>(T item, long number) {}

  /** A producer will add no more. */
  void finished() {
    lock.lock();
    try {
      if (--producers > 0) {
        return;
      }
    } finally {
      lock.unlock();
    }
    CompletableFuture<@Nullable Void> taker = pollTaker();
    while (taker != null) {
      wake(taker);
      taker = pollTaker();
    }
  }

  private @Nullable CompletableFuture<@Nullable Void> pollTaker() {
    lock.lock();
    try {
      return takers.poll();
    } finally {
      lock.unlock();
    }
  }

  /** What nobody has taken, at the end. */
  @Nullable T poll() {
    lock.lock();
    try {
      return queue.poll();
    } finally {
      lock.unlock();
    }
  }

  private void await(
      Context ctx,
      CompletableFuture<@Nullable Void> wait,
      ArrayDeque<CompletableFuture<@Nullable Void>> line)
      throws InterruptedException {
    boolean told = false;
    try {
      ctx.await(wait);
      told = true;
    } catch (ExecutionException impossible) {
      throw new AssertionError("nobody fails a wait", impossible);
    } finally {
      if (!told) {
        leave(wait, line);
      }
    }
  }

  private void leave(
      CompletableFuture<@Nullable Void> wait, ArrayDeque<CompletableFuture<@Nullable Void>> line) {
    CompletableFuture<@Nullable Void> next = null;
    lock.lock();
    try {
      if (!line.removeIf(waiting -> waiting == wait)) {
        next = line.poll();
      }
    } finally {
      lock.unlock();
    }
    wake(next);
  }

  private static void wake(@Nullable CompletableFuture<@Nullable Void> waiting) {
    if (waiting != null) {
      waiting.complete(null);
    }
  }
}
