package dev.resilience.limit;

import dev.failsafe.Bulkhead;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.Failures;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A limit on how many calls are under way at once: a bulkhead.
 *
 * <pre>{@code
 * ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 10).maxWaiting(50).build();
 * Resilience reports = Resilience.of(breaker, limit);
 * Report report = reports.call(ctx, c -> render(c, order));
 * }</pre>
 *
 * <h2>How it decides</h2>
 *
 * <ul>
 *   <li>Who finds no permit waits in line if there is a place, by default there is none, and is
 *       otherwise rejected at once with a {@link ConcurrencyLimitExceededException}. Nobody
 *       overtakes.
 *   <li>A wait ends with its context, or after {@link Builder#maxWait} with a {@link
 *       ConcurrencyLimitExceededException}. A deadline that passes in line is told from one that
 *       passes during a call: no breaker outside counts it.
 *   <li>A permit is given back exactly once: when a blocking call returns, when the stage of an
 *       asynchronous one completes, which it does at the end of its context at the latest.
 *       Asynchronous work that does not hear of that end then runs on without a permit.
 * </ul>
 *
 * <p>The permits are those of a {@code dev.failsafe.Bulkhead}; the line is our own, because waiting
 * is the context's.
 *
 * <p>Thread-safe. A call that finds a permit costs the bulkhead's two short locks, and blocking
 * allocates nothing.
 */
public final class ConcurrencyLimit implements ContextPolicy {

  private final String name;
  private final int permits;
  private final int maxWaiting;
  private final @Nullable Duration maxWait;
  private final Bulkhead<?> bulkhead;
  private final Doorman doorman;
  private final Line line = new Queue();
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock. */
  private final Map<Place, TimeSource> places = new LinkedHashMap<>();

  /** The size of the line, to be looked at without the lock. */
  private volatile int waiting;

  private final AtomicInteger underWay = new AtomicInteger();
  private final LongAdder rejected = new LongAdder();

  private ConcurrencyLimit(Builder builder) {
    this.name = builder.name;
    this.permits = builder.permits;
    this.maxWaiting = builder.maxWaiting;
    this.maxWait = builder.maxWait;
    this.bulkhead = Bulkhead.of(builder.permits);
    this.doorman = new Doorman(builder.name, builder.listener);
  }

  /**
   * A limit with nobody waiting.
   *
   * @param permits how many calls at once, at least 1
   */
  public static ConcurrencyLimit of(int permits) {
    return builder("concurrency limit", permits).build();
  }

  /**
   * A limit with more to say.
   *
   * @param name in messages
   * @param permits how many calls at once, at least 1
   */
  public static Builder builder(String name, int permits) {
    return new Builder(name, permits);
  }

  /** The name in messages. */
  public String name() {
    return name;
  }

  // ---- permits by hand

  /** A permit if there is one and nobody waits for it. Never waits. */
  public Optional<Permit> tryAcquire() {
    if (takeFree()) {
      return Optional.of(new Permit(this));
    }
    rejected.increment();
    return Optional.empty();
  }

  /**
   * A permit, after a wait in line if need be.
   *
   * @param ctx whose end ends the wait
   * @return to be closed
   * @throws ConcurrencyLimitExceededException at once if there is no place in line, or when the
   *     wait was too long
   * @throws ContextException if the context has ended or ends first
   * @throws InterruptedException if the thread is or was interrupted, and has to wait
   */
  public Permit acquire(Context ctx) throws InterruptedException {
    ctx.throwIfDone();
    take(ctx);
    return new Permit(this);
  }

  /** The numbers as of now. */
  public ConcurrencyLimitSnapshot snapshot() {
    return new ConcurrencyLimitSnapshot(name, underWay.get(), waiting, rejected.sum());
  }

  // ---- in a stack

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    try {
      take(ctx);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CallInterruptedException(interrupted);
    }
    try {
      return next.call(ctx, work);
    } finally {
      release();
    }
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    if (takeFree()) {
      return releasing(next.callAsync(ctx, work));
    }
    Place place;
    try {
      place = enter(ctx, false);
    } catch (ConcurrencyLimitExceededException full) {
      return CompletableFuture.failedFuture(full);
    }
    CancellableContext patience = maxWait == null ? null : ctx.withTimeout(maxWait);
    long since = ctx.timeSource().nanoTime();
    if (patience == null) {
      return line.then(
          ctx,
          place,
          () -> {
            doorman.waited(ctx, since);
            return releasing(next.callAsync(ctx, work));
          });
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    line.<T>then(
            patience,
            place,
            () -> {
              patience.close();
              doorman.waited(ctx, since);
              return releasing(next.callAsync(ctx, work));
            })
        .whenComplete(
            (value, thrown) -> {
              boolean impatient = isOwnEnd(patience);
              patience.close();
              if (thrown == null) {
                answer.complete(value);
              } else {
                answer.completeExceptionally(impatient ? tooLong() : Failures.unwrap(thrown));
              }
            });
    return answer;
  }

  private <T extends @Nullable Object> CompletionStage<T> releasing(CompletionStage<T> stage) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    stage.whenComplete(
        (value, failure) -> {
          // First: whoever hears of the end may want the permit.
          release();
          if (failure == null) {
            answer.complete(value);
          } else {
            answer.completeExceptionally(Failures.unwrap(failure));
          }
        });
    return answer;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.LIMIT;
  }

  @Override
  public String toString() {
    return name
        + " ("
        + permits
        + " at once"
        + (maxWaiting == 0 ? "" : ", " + maxWaiting + " waiting")
        + ")";
  }

  // ---- permits

  private boolean takeFree() {
    if (waiting == 0 && bulkhead.tryAcquirePermit()) {
      underWay.incrementAndGet();
      return true;
    }
    return false;
  }

  private void take(Context ctx) throws InterruptedException {
    if (takeFree()) {
      return;
    }
    Place place = enter(ctx, true);
    if (place.admitted) {
      await(ctx, place);
      return;
    }
    long since = ctx.timeSource().nanoTime();
    await(ctx, place);
    doorman.waited(ctx, since);
  }

  private void await(Context ctx, Place place) throws InterruptedException {
    if (maxWait == null) {
      line.await(ctx, place);
      return;
    }
    try (CancellableContext patience = ctx.withTimeout(maxWait)) {
      try {
        line.await(patience, place);
      } catch (ContextException end) {
        throw isOwnEnd(patience) ? tooLong() : end;
      }
    }
  }

  /** Whether it is the longest wait that has ended this, and not the caller. */
  private static boolean isOwnEnd(CancellableContext patience) {
    return patience.isDone() && !patience.isCancelled() && !patience.isEndInherited();
  }

  private ConcurrencyLimitExceededException tooLong() {
    rejected.increment();
    return doorman.rejected(
        new ConcurrencyLimitExceededException(name + ": no permit within " + maxWait));
  }

  private ConcurrencyLimitExceededException full() {
    rejected.increment();
    String line = maxWaiting == 0 ? "" : ", " + maxWaiting + " waiting";
    return doorman.rejected(
        new ConcurrencyLimitExceededException(name + ": " + permits + " calls under way" + line));
  }

  private Place enter(Context ctx, boolean blocking) {
    Place place = new Place(1, blocking);
    Map<Place, TimeSource> admitted;
    boolean isFull;
    lock.lock();
    try {
      isFull = places.size() >= maxWaiting;
      if (isFull) {
        admitted = Map.of();
      } else {
        places.put(place, ctx.timeSource());
        waiting = places.size();
        // A permit that was given back just before has not seen this place.
        admitted = admit();
      }
    } finally {
      lock.unlock();
    }
    if (isFull) {
      throw full();
    }
    tell(admitted);
    return place;
  }

  void release() {
    underWay.decrementAndGet();
    bulkhead.releasePermit();
    if (waiting == 0) {
      return;
    }
    Map<Place, TimeSource> admitted;
    lock.lock();
    try {
      admitted = admit();
    } finally {
      lock.unlock();
    }
    tell(admitted);
  }

  /** Under the lock. */
  private Map<Place, TimeSource> admit() {
    Map<Place, TimeSource> admitted = new LinkedHashMap<>();
    Iterator<Map.Entry<Place, TimeSource>> heads = places.entrySet().iterator();
    while (heads.hasNext() && bulkhead.tryAcquirePermit()) {
      Map.Entry<Place, TimeSource> head = heads.next();
      underWay.incrementAndGet();
      head.getKey().admitted = true;
      admitted.put(head.getKey(), head.getValue());
      heads.remove();
    }
    waiting = places.size();
    return admitted;
  }

  private static void tell(Map<Place, TimeSource> admitted) {
    admitted.forEach(Place::tell);
  }

  private final class Queue implements Line {

    @Override
    public String name() {
      return name;
    }

    @Override
    public void leave(Place place) {
      boolean hadPermit;
      lock.lock();
      try {
        hadPermit = places.remove(place) == null;
        waiting = places.size();
      } finally {
        lock.unlock();
      }
      if (hadPermit) {
        release();
      }
    }
  }

  /** Says what a {@link ConcurrencyLimit} does. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private final int permits;
    private int maxWaiting;
    private @Nullable Duration maxWait;
    private PolicyListener listener = PolicyListener.none();

    private Builder(String name, int permits) {
      this.name = Objects.requireNonNull(name, "name");
      if (permits < 1) {
        throw new IllegalArgumentException("permits: " + permits + " (expected: >= 1)");
      }
      this.permits = permits;
    }

    /**
     * How many may wait in line.
     *
     * @param newMaxWaiting at least 0. Default: 0, nobody waits
     */
    public Builder maxWaiting(int newMaxWaiting) {
      if (newMaxWaiting < 0) {
        throw new IllegalArgumentException("maxWaiting: " + newMaxWaiting + " (expected: >= 0)");
      }
      maxWaiting = newMaxWaiting;
      return this;
    }

    /**
     * How long to wait in line, besides the context's deadline.
     *
     * @param newMaxWait positive. Default: as long as the context lets
     */
    public Builder maxWait(Duration newMaxWait) {
      Objects.requireNonNull(newMaxWait, "maxWait");
      if (newMaxWait.isNegative() || newMaxWait.isZero()) {
        throw new IllegalArgumentException("maxWait: " + newMaxWait + " (expected: > 0)");
      }
      maxWait = newMaxWait;
      return this;
    }

    /** Hears of calls that waited, and of those that were rejected. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /** The policy. */
    public ConcurrencyLimit build() {
      return new ConcurrencyLimit(this);
    }
  }
}
