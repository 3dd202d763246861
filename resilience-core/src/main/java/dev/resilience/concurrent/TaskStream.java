package dev.resilience.concurrent;

import dev.resilience.context.Context;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a pool as they end, each once: value or failure, with the task.
 *
 * <pre>{@code
 * try (TaskStream results = pool.results()) {
 *   for (var task = results.next(ctx); task.isPresent(); task = results.next(ctx)) {
 *     log(task.get().name(), task.get().state());
 *   }
 * }
 * }</pre>
 *
 * <p>Thread-safe; several readers share the tasks.
 */
public final class TaskStream implements AutoCloseable {

  private final WorkerPool pool;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<PoolTask<?>> ended = new ArrayDeque<>();
  private final ArrayDeque<CompletableFuture<@Nullable Void>> readers = new ArrayDeque<>();
  private boolean over;

  TaskStream(WorkerPool pool) {
    this.pool = pool;
  }

  void add(PoolTask<?> task) {
    CompletableFuture<@Nullable Void> reader = null;
    lock.lock();
    try {
      if (!over) {
        ended.add(task);
        reader = readers.poll();
      }
    } finally {
      lock.unlock();
    }
    if (reader != null) {
      reader.complete(null);
    }
  }

  void end() {
    lock.lock();
    try {
      over = true;
    } finally {
      lock.unlock();
    }
    CompletableFuture<@Nullable Void> reader = pollReader();
    while (reader != null) {
      reader.complete(null);
      reader = pollReader();
    }
  }

  private @Nullable CompletableFuture<@Nullable Void> pollReader() {
    lock.lock();
    try {
      return readers.poll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the next task that has ended.
   *
   * @return empty when the pool has ended and all its tasks were taken, or this stream was closed
   * @throws dev.resilience.context.ContextException if the context ends first
   * @throws InterruptedException if this thread is or was interrupted
   */
  public Optional<PoolTask<?>> next(Context ctx) throws InterruptedException {
    while (true) {
      CompletableFuture<@Nullable Void> news;
      lock.lock();
      try {
        PoolTask<?> task = ended.poll();
        if (task != null || over) {
          return Optional.ofNullable(task);
        }
        news = new CompletableFuture<>();
        readers.add(news);
      } finally {
        lock.unlock();
      }
      await(ctx, news);
    }
  }

  private void await(Context ctx, CompletableFuture<@Nullable Void> news)
      throws InterruptedException {
    boolean told = false;
    try {
      ctx.await(news);
      told = true;
    } catch (ExecutionException impossible) {
      throw new AssertionError("news does not fail", impossible);
    } finally {
      if (!told) {
        leave(news);
      }
    }
  }

  /** Who leaves passes on what he was told. */
  private void leave(CompletableFuture<@Nullable Void> news) {
    CompletableFuture<@Nullable Void> other = null;
    lock.lock();
    try {
      if (!readers.removeIf(reader -> reader == news) && !ended.isEmpty()) {
        other = readers.poll();
      }
    } finally {
      lock.unlock();
    }
    if (other != null) {
      other.complete(null);
    }
  }

  /** How many tasks wait to be taken. */
  public int size() {
    lock.lock();
    try {
      return ended.size();
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of the pool, and of what was not taken. */
  @Override
  public void close() {
    pool.forget(this);
    lock.lock();
    try {
      ended.clear();
    } finally {
      lock.unlock();
    }
    end();
  }
}
