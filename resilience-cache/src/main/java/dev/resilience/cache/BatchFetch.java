package dev.resilience.cache;

import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.stage.Stages;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Many keys for one caller. Filled by the thread of the caller, then waited for. So many keys wait
 * for loads at once as allowed; each that is settled lets the next one begin.
 */
final class BatchFetch<K, V extends @Nullable Object> {

  private final Context ctx;
  private final BiFunction<K, Outcome<V>, Cached<V>> answer;
  private final Boarding<K, V> boarding;
  private final Map<K, Row> rows = new LinkedHashMap<>();

  private final Queue<Row> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger free;

  /** Rows that are not settled. */
  private final AtomicInteger open = new AtomicInteger();

  /** How often somebody wanted to let rows begin while another did; see {@link #beginMore}. */
  private final AtomicInteger wanted = new AtomicInteger();

  private final CompletableFuture<@Nullable Void> full = new CompletableFuture<>();
  private volatile boolean given;
  private volatile @Nullable Throwable refused;

  /**
   * None yet.
   *
   * @param parallel how many rows may wait for loads at once
   */
  BatchFetch(
      Context ctx,
      int parallel,
      BiFunction<K, Outcome<V>, Cached<V>> answer,
      Boarding<K, V> boarding) {
    this.ctx = ctx;
    this.free = new AtomicInteger(parallel);
    this.answer = answer;
    this.boarding = boarding;
  }

  /** Lets a waiter wait for the load of a key. */
  @FunctionalInterface
  interface Boarding<K, V extends @Nullable Object> {
    void join(Waiter<V> waiter, K key, boolean byCaller);
  }

  // ---- filling

  boolean has(K key) {
    return rows.containsKey(key);
  }

  void found(K key, V value) {
    Row row = new Row(key);
    row.value = value;
    row.isThere = true;
    rows.put(key, row);
  }

  void failed(K key, LoadException failure) {
    Row row = new Row(key);
    row.failure = failure;
    rows.put(key, row);
  }

  /** One more key that has to be loaded. */
  void expect(K key) {
    Row row = new Row(key);
    rows.put(key, row);
    open.incrementAndGet();
    queue.add(row);
  }

  /** All keys are known. */
  void begin() {
    if (open.get() == 0) {
      full.complete(null);
    }
    beginMore(true);
  }

  /** One thread at a time, and without recursion, however many rows are settled at once. */
  private void beginMore(boolean byCaller) {
    if (wanted.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      while (free.get() > 0 && !queue.isEmpty()) {
        Row next = queue.poll();
        if (next != null) {
          free.decrementAndGet();
          begin(next, byCaller);
        }
      }
      seen = wanted.addAndGet(-seen);
    } while (seen != 0);
  }

  private void begin(Row row, boolean byCaller) {
    if (given) {
      return;
    }
    try {
      boarding.join(row, row.key, byCaller);
    } catch (Throwable failure) {
      refused = failure;
      full.complete(null);
    }
    if (given) {
      row.leave();
    }
  }

  /** Leaves all flights, and begins no more. */
  void giveUp() {
    given = true;
    queue.clear();
    rows.values().forEach(Waiter::leave);
  }

  // ---- waiting

  Fetched<K, V> await() {
    try {
      BlockingWaiter.await(ctx, full);
    } catch (DeadlineExceededException timeIsUp) {
      return sum();
    } finally {
      giveUp();
    }
    return sum();
  }

  CompletionStage<Fetched<K, V>> stage() {
    CallerStage<Fetched<K, V>> stage = new CallerStage<>(this::giveUp);
    stage.bindTo(
        ctx,
        () -> {
          giveUp();
          if (ctx.error() instanceof DeadlineExceededException) {
            settle(stage);
          } else {
            stage.fail(ctx.toException());
          }
        });
    CompletionStage<@Nullable Void> allThere = full;
    Stages.watch(
        allThere,
        (nothing, never) -> {
          giveUp();
          settle(stage);
        });
    return stage;
  }

  private void settle(CallerStage<Fetched<K, V>> stage) {
    Fetched<K, V> sum;
    try {
      sum = sum();
    } catch (Throwable closed) {
      stage.fail(closed);
      return;
    }
    stage.settle(sum);
  }

  private Fetched<K, V> sum() {
    Throwable refusal = refused;
    if (refusal != null) {
      throw BatchFetch.<RuntimeException>asThrown(refusal);
    }
    Map<K, V> values = new LinkedHashMap<>();
    Map<K, LoadException> failures = new LinkedHashMap<>();
    Set<K> missing = new LinkedHashSet<>();
    rows.values()
        .forEach(
            row -> {
              try {
                row.addTo(values, missing);
              } catch (LoadException failure) {
                failures.put(row.key, failure);
              }
            });
    return new Fetched<>(
        Collections.unmodifiableMap(values),
        Collections.unmodifiableMap(failures),
        Collections.unmodifiableSet(missing));
  }

  /** A refusal is unchecked; an {@link Error} stays one. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X asThrown(Throwable failure) throws X {
    throw (X) failure;
  }

  /** One key. Found and failed ones are written by the caller's thread before it waits. */
  private final class Row extends Waiter<V> {

    private final K key;
    private @Nullable V value;
    private boolean isThere;
    private @Nullable LoadException failure;
    private volatile @Nullable Outcome<V> outcome;

    Row(K key) {
      super(ctx);
      this.key = key;
    }

    @SuppressWarnings("NullAway") // a value that is there may be null only where V allows it
    void addTo(Map<K, V> values, Set<K> missing) {
      LoadException remembered = failure;
      Outcome<V> loaded = outcome;
      if (remembered != null) {
        throw remembered;
      }
      if (isThere) {
        values.put(key, value);
      } else if (loaded == null) {
        missing.add(key);
      } else {
        values.put(key, answer.apply(key, loaded).value());
      }
    }

    @Override
    void settle(Outcome<V> result) {
      outcome = result;
      free.incrementAndGet();
      if (open.decrementAndGet() == 0) {
        full.complete(null);
      } else {
        beginMore(false);
      }
    }

    @Override
    boolean isQuick() {
      return false;
    }
  }
}
