package dev.resilience.cache;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Registration;
import dev.resilience.error.AttemptTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Keys that one call loads, and their stages. */
final class Batch<K, V extends @Nullable Object> {

  @SuppressWarnings("StaticAssignmentOfThrowable") // a reason has no stack trace
  private static final CancelReason NOBODY_WAITS = CancelReason.of("nobody waits for the batch");

  private final String name;
  private final BulkLoader<K, V> loader;
  private final Duration timeout;
  private final CancellableContext ctx;

  /** Filled under the lock of the loader, read once it is closed. */
  private final List<Seat<K, V>> seats = new ArrayList<>();

  /** Seats that somebody waits for, and one for the collecting. */
  private final AtomicInteger wanted = new AtomicInteger(1);

  @SuppressWarnings("MustBeClosed") // closed when the batch ends
  Batch(String name, BulkLoader<K, V> loader, Context life, Duration timeout) {
    this.name = name;
    this.loader = loader;
    this.timeout = timeout;
    this.ctx = life.withCancel();
  }

  /** The place of a key. */
  static final class Seat<K, V extends @Nullable Object> {

    private final K key;
    private final CompletableFuture<V> answer = new CompletableFuture<>();
    private volatile @Nullable Registration end;

    Seat(K key) {
      this.key = key;
    }

    CompletionStage<V> answer() {
      return answer;
    }

    private boolean isWanted() {
      return !answer.isDone();
    }

    private void withdraw() {
      Registration registration = end;
      if (registration != null) {
        registration.withdraw();
      }
    }
  }

  /** Adds a seat, and says how many there are. */
  int add(Seat<K, V> seat) {
    wanted.incrementAndGet();
    seats.add(seat);
    return seats.size();
  }

  /** Gives a seat up when its context ends. */
  void bind(Seat<K, V> seat, Context caller) {
    seat.end =
        caller.onDone(
            () -> {
              if (seat.answer.completeExceptionally(caller.toException())) {
                oneLess();
              }
            });
    if (!seat.isWanted()) {
      seat.withdraw();
    }
  }

  private void oneLess() {
    if (wanted.decrementAndGet() == 0) {
      ctx.cancel(NOBODY_WAITS);
    }
  }

  /** Calls the user's loader, once, and gives each seat its answer. Never throws. */
  void call() {
    try (CancellableContext limited = ctx.withTimeout(timeout)) {
      oneLess();
      Map<? super K, ? extends V> values;
      try {
        Set<K> keys = keys();
        values = limited.interruptibly(() -> loader.load(limited, keys));
        java.util.Objects.requireNonNull(values, "the loader returned null (expected: a Map)");
      } catch (Throwable failure) {
        fail(whatEnded(limited, failure));
        return;
      }
      for (Seat<K, V> seat : seats) {
        give(seat, values);
      }
    } finally {
      ctx.close();
    }
  }

  private Set<K> keys() {
    Set<K> keys = new LinkedHashSet<>();
    for (Seat<K, V> seat : seats) {
      if (seat.isWanted()) {
        keys.add(seat.key);
      }
    }
    return keys;
  }

  private Throwable whatEnded(Context limited, Throwable failure) {
    return limited.error() instanceof DeadlineExceededException && !ctx.isDone()
        ? new AttemptTimeoutException(name, timeout)
        : failure;
  }

  @SuppressWarnings(
      "NullAway") // a missing value is null, which loaders may bring where V allows it
  private void give(Seat<K, V> seat, Map<? super K, ? extends V> values) {
    seat.withdraw();
    V value;
    try {
      value = values.get(seat.key);
    } catch (Throwable broken) { // the key's hashCode or equals, or the map's own
      seat.answer.completeExceptionally(broken);
      return;
    }
    seat.answer.complete(value);
  }

  /** Gives each seat a failure. */
  void fail(Throwable failure) {
    for (Seat<K, V> seat : seats) {
      seat.withdraw();
      seat.answer.completeExceptionally(failure);
    }
    ctx.close();
  }
}
