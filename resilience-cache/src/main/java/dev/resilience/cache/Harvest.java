package dev.resilience.cache;

import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Many keys for one caller. Filled by the thread of the caller, then waited for. */
final class Harvest<K, V extends @Nullable Object> {

  private final Context ctx;
  private final Map<K, Row<V>> rows = new LinkedHashMap<>();

  /** The rows that are open, and one for the filling. */
  private final AtomicInteger open = new AtomicInteger(1);

  private final CompletableFuture<@Nullable Void> full = new CompletableFuture<>();

  Harvest(Context ctx) {
    this.ctx = ctx;
  }

  boolean has(K key) {
    return rows.containsKey(key);
  }

  void found(K key, V value) {
    row(key, outcome -> value).settle(new Outcome.Closed<>());
  }

  void failed(K key, LoadException failure) {
    row(
            key,
            outcome -> {
              throw failure;
            })
        .settle(new Outcome.Closed<>());
  }

  /** One more row. The caller lets it join the flight. */
  Waiter<V> expect(K key, Function<Outcome<V>, Cached<V>> answer) {
    return row(key, outcome -> answer.apply(outcome).value());
  }

  private Row<V> row(K key, Function<Outcome<V>, V> answer) {
    open.incrementAndGet();
    Row<V> row = new Row<>(ctx, answer, this::closed);
    rows.put(key, row);
    return row;
  }

  private void closed() {
    if (open.decrementAndGet() == 0) {
      full.complete(null);
    }
  }

  /** Leaves all flights. */
  void giveUp() {
    rows.values().forEach(Waiter::leave);
  }

  Fetched<K, V> await() {
    closed();
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
    closed();
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
    allThere.whenComplete((nothing, never) -> settle(stage));
    return stage;
  }

  private void settle(CallerStage<Fetched<K, V>> stage) {
    Fetched<K, V> sum;
    try {
      sum = sum();
    } catch (RuntimeException closed) {
      stage.fail(closed);
      return;
    }
    stage.settle(sum);
  }

  private Fetched<K, V> sum() {
    Map<K, V> values = new LinkedHashMap<>();
    Map<K, LoadException> failures = new LinkedHashMap<>();
    Set<K> missing = new LinkedHashSet<>();
    rows.forEach(
        (key, row) -> {
          Outcome<V> outcome = row.outcome;
          if (outcome == null) {
            missing.add(key);
            return;
          }
          try {
            values.put(key, row.answer.apply(outcome));
          } catch (LoadException failure) {
            failures.put(key, failure);
          }
        });
    return new Fetched<>(
        Collections.unmodifiableMap(values),
        Collections.unmodifiableMap(failures),
        Collections.unmodifiableSet(missing));
  }

  private static final class Row<V extends @Nullable Object> extends Waiter<V> {

    private final Function<Outcome<V>, V> answer;
    private final Runnable settled;
    private volatile @Nullable Outcome<V> outcome;

    Row(Context ctx, Function<Outcome<V>, V> answer, Runnable settled) {
      super(ctx);
      this.answer = answer;
      this.settled = settled;
    }

    @Override
    void settle(Outcome<V> result) {
      outcome = result;
      settled.run();
    }

    @Override
    boolean isQuick() {
      return false;
    }
  }
}
