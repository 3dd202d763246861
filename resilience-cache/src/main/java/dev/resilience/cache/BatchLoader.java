package dev.resilience.cache;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Loads keys that are asked for at about the same time with one call. Keys are collected until
 * there are {@code maxKeys} of them or the first has waited for {@code maxDelay}.
 *
 * <pre>{@code
 * var loader = BatchLoader.<UserId, User>builder("users", (c, ids) -> api.users(c, ids))
 *     .maxKeys(100)
 *     .maxDelay(ofMillis(2))
 *     .open(app);
 *
 * User user = users.getOrFetch(ctx, id, loader);         // with those of other callers
 * Fetched<UserId, User> all = users.fetchAll(ctx, ids, loader);   // 3,000 ids: 30 calls
 * }</pre>
 *
 * <p>A call serves many callers, so it belongs to none of them: it has the values of the owner. Do
 * not use it where the answer depends on a value of the caller, such as a tenant, that is not part
 * of the key. Callers leave as they do with any load; when nobody waits for any key of a call, it
 * is cancelled.
 *
 * <p>Thread-safe. A key costs a short lock; the first of a batch costs a timer.
 *
 * @param <K> the keys
 * @param <V> the values
 */
public final class BatchLoader<K, V extends @Nullable Object>
    implements AsyncLoader<K, V>, AutoCloseable {

  private final BulkLoader<K, V> loader;
  private final int maxKeys;
  private final Duration maxDelay;
  private final Duration timeout;
  private final String name;
  private final CancellableContext life;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock

  private @Nullable Batch<K, V> collecting;
  private final Deque<Batch<K, V>> ready = new ArrayDeque<>();
  private int freeCalls;

  @SuppressWarnings("MustBeClosed") // closed by close()
  private BatchLoader(Builder<K, V> builder, Context owner) {
    this.name = builder.name;
    this.loader = builder.loader;
    this.maxKeys = builder.maxKeys;
    this.maxDelay = builder.maxDelay;
    this.timeout = builder.timeout;
    this.freeCalls = builder.maxParallelCalls;
    this.life = owner.withCancel();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for messages, not blank
   * @param loader one call for many keys
   */
  public static <K, V extends @Nullable Object> Builder<K, V> builder(
      String name, BulkLoader<K, V> loader) {
    return new Builder<>(name, loader);
  }

  /**
   * Adds a key to the batch that is being collected.
   *
   * @return fails with what the call throws; with a {@link
   *     dev.resilience.error.AttemptTimeoutException} if that times out
   * @throws dev.resilience.context.ContextException if the owner has ended
   */
  @Override
  public CompletionStage<V> load(Context ctx, K key) {
    Objects.requireNonNull(key, "key");
    life.throwIfDone();
    StackRoom.require();
    Batch<K, V> first = null;
    Batch<K, V> full = null;
    Batch<K, V> mine;
    Batch.Seat<K, V> seat = new Batch.Seat<>(key);
    lock.lock();
    try {
      mine = collecting;
      if (mine == null) {
        mine = new Batch<>(name, loader, life, timeout);
        first = mine;
      }
      collecting = mine.add(seat) < maxKeys ? mine : null;
      if (collecting == null) {
        ready.add(mine);
        full = mine;
      }
    } finally {
      lock.unlock();
    }
    mine.bind(seat, ctx);
    if (full != null) {
      callMore();
    } else if (first != null) {
      callAfter(maxDelay, first);
    }
    return seat.answer();
  }

  private void callAfter(Duration delay, Batch<K, V> batch) {
    TimeSource time = life.timeSource();
    try {
      time.startTimer(
          time.nanoTime() + Durations.toNanos(delay),
          () -> execute(() -> closeAndCall(batch), batch));
    } catch (Throwable noTimer) {
      closeAndCall(batch);
    }
  }

  private void closeAndCall(Batch<K, V> batch) {
    lock.lock();
    try {
      if (collecting != batch) {
        return; // it has filled up meanwhile
      }
      collecting = null;
      ready.add(batch);
    } finally {
      lock.unlock();
    }
    callMore();
  }

  /** Begins as many calls as may run at once. */
  private void callMore() {
    Batch<K, V> next = take();
    while (next != null) {
      Batch<K, V> taken = next;
      execute(() -> call(taken), taken);
      next = take();
    }
  }

  private @Nullable Batch<K, V> take() {
    lock.lock();
    try {
      Batch<K, V> next = freeCalls == 0 ? null : ready.poll();
      if (next != null) {
        freeCalls--;
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private void call(Batch<K, V> batch) {
    try {
      batch.call();
    } finally {
      giveBack();
    }
    callMore();
  }

  private void giveBack() {
    lock.lock();
    try {
      freeCalls++;
    } finally {
      lock.unlock();
    }
  }

  private void execute(Runnable step, Batch<K, V> batch) {
    try {
      life.timeSource().executor().execute(step);
    } catch (Throwable refused) {
      batch.fail(refused);
    }
  }

  @Override
  public boolean boundsItself() {
    return true;
  }

  /** Cancels all calls. Keys are refused from now on. */
  @Override
  public void close() {
    life.close();
  }

  @Override
  public String toString() {
    return "batch loader '" + name + "'";
  }

  /**
   * Builds a {@link BatchLoader}. Not thread-safe.
   *
   * @param <K> the keys
   * @param <V> the values
   */
  public static final class Builder<K, V extends @Nullable Object> {

    private final String name;
    private final BulkLoader<K, V> loader;
    private int maxKeys = 100;
    private Duration maxDelay = Duration.ofMillis(2);
    private Duration timeout = Duration.ofSeconds(10);
    private int maxParallelCalls = 4;

    private Builder(String name, BulkLoader<K, V> loader) {
      this.name = SafeText.name(name);
      this.loader = Objects.requireNonNull(loader, "loader");
    }

    /**
     * Maximum number of keys in one call.
     *
     * @param keys at least 1. Default: 100
     */
    public Builder<K, V> maxKeys(int keys) {
      maxKeys = Arguments.requireAtLeastOne(keys, "maxKeys");
      return this;
    }

    /**
     * How long the first key of a batch waits for others.
     *
     * @param delay positive. Default: 2 ms
     */
    public Builder<K, V> maxDelay(Duration delay) {
      ContextCache.Builder.positive(delay, "maxDelay");
      maxDelay = delay;
      return this;
    }

    /**
     * Time-out of one call. Keys whose loads have less time leave earlier.
     *
     * @param timeout positive. Default: 10 s
     */
    public Builder<K, V> timeout(Duration timeout) {
      ContextCache.Builder.positive(timeout, "timeout");
      this.timeout = timeout;
      return this;
    }

    /**
     * Maximum number of calls at once; further batches wait.
     *
     * @param calls at least 1. Default: 4
     */
    public Builder<K, V> maxParallelCalls(int calls) {
      maxParallelCalls = Arguments.requireAtLeastOne(calls, "maxParallelCalls");
      return this;
    }

    /**
     * Opens the loader.
     *
     * @param owner the loader ends with it; its values are those of the calls
     */
    public BatchLoader<K, V> open(Context owner) {
      return new BatchLoader<>(this, Objects.requireNonNull(owner, "owner"));
    }
  }
}
