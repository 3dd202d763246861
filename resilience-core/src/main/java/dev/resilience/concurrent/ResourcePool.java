package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CheckReturnValue;
import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A bounded number of things that are dear to open: connections, sessions, native handles.
 *
 * <pre>{@code
 * ResourcePool<Connection> connections =
 *     ResourcePool.<Connection>builder("db", ctx -> connect(ctx))
 *         .size(10)
 *         .closer((ctx, connection) -> connection.close())
 *         .validator(Connection::isOpen)
 *         .maxAge(ofMinutes(30))
 *         .open(root);
 *
 * try (Loan<Connection> loan = connections.borrow(ctx)) {
 *   return loan.get().query(ctx, "…");
 * }
 * }</pre>
 *
 * <p>Borrowers wait in order of arrival, until their contexts end at the latest; who would wait
 * longer than that, by recent loans, is refused at once. <b>A borrower whose context ends loses the
 * resource</b>: it is closed, never lent again, and giving it back later does nothing. The age of a
 * resource counts from its opening, and is looked at when it comes back, when it is lent, and in
 * the background. No thread waits for a loan: what takes a resource away is a callback of the
 * borrower's context.
 *
 * <p>Resources are opened on the borrower's thread under its context, or in the background to keep
 * {@link Builder#minIdle} ready; they are closed in the background, under a context of 5 s. Their
 * number never exceeds the size, those being closed included. Thread-safe.
 *
 * @param <R> the type of the resources
 */
public final class ResourcePool<R> implements AutoCloseable {

  private static final Logger LOG = System.getLogger(ResourcePool.class.getName());
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
  private static final int ENOUGH = 10;
  private static final int MEMORY = 16;
  private static final ResourcePoolListener NOBODY = new ResourcePoolListener() {};

  private final String name;
  private final ContextTask<? extends R> opener;
  private final Cleanup.Closer<? super R> closer;
  private final Predicate<? super R> validator;
  private final int size;
  private final int minIdle;
  private final @Nullable Duration maxAge;
  private final @Nullable Duration leakAfter;
  private final Duration maintenance;
  private final ResourcePoolListener listener;
  private final Context owner;
  private final TimeSource time;
  private final TaskThreads threads;
  private final Registration ownersEnd;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock

  /** Places that neither a borrower nor an opening or closing resource has; idle ones have none. */
  private int free;

  /** The most recently used last: it is lent first, so that the others grow old and go. */
  private final ArrayDeque<PooledResource<R>> idle = new ArrayDeque<>();

  private final Set<Loan<R>> loans = new LinkedHashSet<>();
  private final ArrayDeque<CompletableFuture<@Nullable Void>> waiting = new ArrayDeque<>();
  private boolean closed;
  private double meanLoan;
  private long samples;
  private long opened;
  private long closedCount;
  private long revoked;
  private long refused;
  private @Nullable Timer nextMaintenance;

  private ResourcePool(Builder<R> builder, Context owner) {
    this.name = builder.name;
    this.opener = builder.opener;
    this.closer = builder.closer;
    this.validator = builder.validator;
    this.size = builder.size;
    this.free = size;
    this.minIdle = builder.minIdle;
    this.maxAge = builder.maxAge;
    this.leakAfter = builder.leakAfter;
    this.maintenance = builder.maintenance;
    this.listener = builder.listener;
    this.owner = owner;
    this.time = owner.timeSource();
    this.threads = new TaskThreads(time, null);
    this.ownersEnd = owner.onDone(this::close);
    if (minIdle > 0 || maxAge != null || leakAfter != null) {
      threads.start(name + " maintenance", this::maintain);
    }
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for messages
   * @param opener opens a resource under a borrower's context, or under that of the pool
   */
  public static <R> Builder<R> builder(String name, ContextTask<? extends R> opener) {
    return new Builder<>(SafeText.name(name), requireNonNull(opener, "opener"));
  }

  /** The name of this pool. */
  public String name() {
    return name;
  }

  // ---- borrowing

  /**
   * Borrows a resource.
   *
   * @param ctx when it ends, the loan does
   * @throws NoTimeLeftException if by recent loans none would come free in time
   * @throws PoolShutdownException if this pool is closed
   * @throws dev.resilience.context.ContextException if the context has ended or ends meanwhile
   * @throws CallInterruptedException if this thread is interrupted meanwhile
   * @throws Exception what the opener throws
   */
  @MustBeClosed
  public Loan<R> borrow(Context ctx) throws Exception {
    requireNonNull(ctx, "ctx").throwIfDone();
    while (true) {
      takePlace(ctx);
      Loan<R> loan = null;
      PooledResource<R> unfit = null;
      try {
        PooledResource<R> resource = takeIdle();
        if (resource == null) {
          resource = open(ctx);
        } else if (isOld(resource) || !isValid(resource)) {
          unfit = resource;
        }
        if (unfit == null) {
          loan = lend(ctx, resource);
        }
      } finally {
        if (loan == null && unfit == null) {
          givePlace();
        }
      }
      if (loan != null) {
        loan.watch();
        return loan;
      }
      // It keeps the place until it is closed: there are never too many.
      closeInBackground(requireNonNull(unfit), true);
    }
  }

  private PooledResource<R> open(Context ctx) throws Exception {
    R value = requireNonNull(ctx.<R, Exception>interruptibly(() -> opener.run(ctx)), "resource");
    PooledResource<R> resource = new PooledResource<>(value, time.nanoTime());
    lock.lock();
    try {
      opened++;
    } finally {
      lock.unlock();
    }
    return resource;
  }

  /** Waits for one of the places, of which there are as many as there may be resources. */
  private void takePlace(Context ctx) {
    CompletableFuture<@Nullable Void> place = null;
    lock.lock();
    try {
      throwIfClosed();
      if (free > 0 && waiting.isEmpty()) {
        free--;
        return;
      }
      long wait = samples < ENOUGH ? 0 : (long) (meanLoan * (waiting.size() + 1) / size);
      if (!ctx.hasTimeFor(Duration.ofNanos(wait))) {
        refused++;
        throw new NoTimeLeftException(
            name + ": " + waiting.size() + " wait, and none would come free in time");
      }
      place = new CompletableFuture<>();
      waiting.add(place);
    } finally {
      lock.unlock();
    }
    boolean got = false;
    try {
      ctx.await(place);
      got = true;
    } catch (InterruptedException e) {
      throw Failures.interrupted(ctx, e);
    } catch (ExecutionException e) {
      throw new PoolShutdownException(name + ": closed");
    } finally {
      if (!got) {
        leaveLine(place);
      }
    }
  }

  private void throwIfClosed() {
    if (closed) {
      throw new PoolShutdownException(name + ": closed");
    }
  }

  private void leaveLine(CompletableFuture<@Nullable Void> place) {
    boolean wasGiven;
    lock.lock();
    try {
      wasGiven = !waiting.removeIf(other -> other == place) && !place.isCompletedExceptionally();
    } finally {
      lock.unlock();
    }
    if (wasGiven) {
      givePlace();
    }
  }

  private void givePlace() {
    CompletableFuture<@Nullable Void> next;
    lock.lock();
    try {
      next = waiting.poll();
      if (next == null) {
        free++;
      }
    } finally {
      lock.unlock();
    }
    if (next != null) {
      next.complete(null);
    }
  }

  private @Nullable PooledResource<R> takeIdle() {
    lock.lock();
    try {
      throwIfClosed();
      return idle.pollLast();
    } finally {
      lock.unlock();
    }
  }

  private boolean isOld(PooledResource<R> resource) {
    return maxAge != null && time.nanoTime() - resource.madeAt >= Durations.toNanos(maxAge);
  }

  private boolean isValid(PooledResource<R> resource) {
    try {
      return validator.test(resource.value);
    } catch (Throwable failure) {
      tell(l -> l.onFailure(failure));
      return false;
    }
  }

  private Loan<R> lend(Context ctx, PooledResource<R> resource) {
    Loan<R> loan =
        new Loan<>(
            this,
            resource,
            ctx,
            time.nanoTime(),
            leakAfter == null ? null : new Throwable("borrowed here"));
    boolean tooLate;
    lock.lock();
    try {
      tooLate = closed;
      if (!tooLate) {
        loans.add(loan);
      }
    } finally {
      lock.unlock();
    }
    if (tooLate) {
      closeInBackground(resource, false);
      throw new PoolShutdownException(name + ": closed");
    }
    return loan;
  }

  /** A loan is over. */
  void over(Loan<R> loan, PooledResource<R> resource, boolean usable, boolean wasRevoked) {
    boolean old = isOld(resource);
    boolean kept;
    lock.lock();
    try {
      loans.remove(loan);
      samples++;
      meanLoan += (time.nanoTime() - loan.from - meanLoan) / Math.min(samples, MEMORY);
      revoked += wasRevoked ? 1 : 0;
      kept = usable && !old && !closed;
      if (kept) {
        idle.addLast(resource);
      }
    } finally {
      lock.unlock();
    }
    if (wasRevoked) {
      tell(l -> l.onRevoked(loan));
    }
    if (kept) {
      givePlace();
    } else {
      closeInBackground(resource, true);
    }
  }

  /**
   * Closes a resource on another thread: the present one may be that of a canceller.
   *
   * @param holdsPlace whether its place comes free with that
   */
  private void closeInBackground(PooledResource<R> resource, boolean holdsPlace) {
    try {
      threads.start(name + " close", () -> closeNow(resource, holdsPlace));
    } catch (Throwable refusedThread) {
      closeNow(resource, holdsPlace);
    }
  }

  private void closeNow(PooledResource<R> resource, boolean holdsPlace) {
    try (CancellableContext ctx = owner.detached().withTimeout(CLOSE_TIMEOUT)) {
      ctx.<String, Exception>interruptibly(
          () -> {
            closer.close(ctx, resource.value);
            return name;
          });
    } catch (Throwable failure) {
      tell(l -> l.onFailure(failure));
    }
    lock.lock();
    try {
      closedCount++;
    } finally {
      lock.unlock();
    }
    if (holdsPlace) {
      givePlace();
    }
  }

  // ---- in the background

  private void maintain() {
    List<PooledResource<R>> old = new ArrayList<>();
    List<Loan<R>> leaking = new ArrayList<>();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      idle.removeIf(resource -> isOld(resource) && old.add(resource));
      free -= old.size(); // where one is idle, a place is free
      if (leakAfter != null) {
        long limit = Durations.toNanos(leakAfter);
        for (Loan<R> loan : loans) {
          if (!loan.reportedAsLeak && time.nanoTime() - loan.from >= limit) {
            loan.reportedAsLeak = true;
            leaking.add(loan);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    old.forEach(resource -> closeNow(resource, true));
    for (Loan<R> loan : leaking) {
      SafeText.log(
          LOG, Level.WARNING, name + ": lent for " + DurationText.of(loan.age()), loan.place);
      tell(l -> l.onLeakSuspected(loan));
    }
    refill();
    scheduleMaintenance();
  }

  private void refill() {
    while (takePlaceToRefill()) {
      PooledResource<R> made = null;
      try (CancellableContext ctx = owner.withCancel()) {
        made = open(ctx);
      } catch (Throwable failure) {
        tell(l -> l.onFailure(failure));
      }
      if (made == null) {
        givePlace();
        return; // until the next time
      }
      boolean kept;
      lock.lock();
      try {
        kept = !closed;
        if (kept) {
          idle.addFirst(made);
        }
      } finally {
        lock.unlock();
      }
      if (kept) {
        givePlace();
      } else {
        closeNow(made, true);
      }
    }
  }

  private boolean takePlaceToRefill() {
    lock.lock();
    try {
      boolean wanted = !closed && idle.size() < minIdle && free > idle.size();
      free -= wanted ? 1 : 0;
      return wanted;
    } finally {
      lock.unlock();
    }
  }

  private void scheduleMaintenance() {
    lock.lock();
    try {
      if (!closed) {
        nextMaintenance =
            time.startTimer(
                time.nanoTime() + Durations.toNanos(maintenance),
                () -> threads.start(name + " maintenance", this::maintain));
      }
    } finally {
      lock.unlock();
    }
  }

  private void tell(Consumer<ResourcePoolListener> news) {
    try {
      news.accept(listener);
    } catch (Throwable failure) {
      SafeText.log(LOG, Level.WARNING, name + ": a listener failed", failure);
    }
  }

  // ---- looking, and the end

  /** The figures at this moment. */
  public ResourcePoolSnapshot snapshot() {
    lock.lock();
    try {
      return new ResourcePoolSnapshot(
          idle.size(), loans.size(), waiting.size(), opened, closedCount, revoked, refused);
    } finally {
      lock.unlock();
    }
  }

  /** What is lent at this moment, the oldest first. */
  public List<Loan<R>> loans() {
    lock.lock();
    try {
      return List.copyOf(loans);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Closes the pool: nothing is lent any more, who waits is refused, idle resources are closed in
   * the background, and lent ones when they come back or their borrowers' contexts end. So does the
   * end of the owner's context.
   */
  @Override
  public void close() {
    List<PooledResource<R>> left;
    List<CompletableFuture<@Nullable Void>> refusedNow;
    lock.lock();
    try {
      closed = true;
      left = new ArrayList<>(idle);
      idle.clear();
      refusedNow = new ArrayList<>(waiting);
      waiting.clear();
      if (nextMaintenance != null) {
        nextMaintenance.cancel();
      }
    } finally {
      lock.unlock();
    }
    refusedNow.forEach(place -> place.completeExceptionally(new PoolShutdownException(name)));
    left.forEach(resource -> closeInBackground(resource, false));
    if (!owner.isDone()) {
      ownersEnd.withdraw();
    }
  }

  @Override
  public String toString() {
    return name + ": " + snapshot();
  }

  /**
   * Builds a {@link ResourcePool}. Not thread-safe.
   *
   * @param <R> the type of the resources
   */
  public static final class Builder<R> {

    private final String name;
    private final ContextTask<? extends R> opener;
    private Cleanup.Closer<? super R> closer = Builder::closeIfPossible;
    private Predicate<? super R> validator = resource -> true;
    private int size = 10;
    private int minIdle;
    private @Nullable Duration maxAge;
    private @Nullable Duration leakAfter;
    private Duration maintenance = Duration.ofSeconds(30);
    private ResourcePoolListener listener = NOBODY;

    private Builder(String name, ContextTask<? extends R> opener) {
      this.name = name;
      this.opener = opener;
    }

    private static void closeIfPossible(Context ctx, Object resource) throws Exception {
      if (resource instanceof AutoCloseable closeable) {
        closeable.close();
      }
    }

    /** Closes a resource. Default: what is {@link AutoCloseable} is closed. */
    public Builder<R> closer(Cleanup.Closer<? super R> newCloser) {
      closer = requireNonNull(newCloser, "closer");
      return this;
    }

    /** Whether an idle resource may be lent; else it is closed. Default: any. */
    public Builder<R> validator(Predicate<? super R> newValidator) {
      validator = requireNonNull(newValidator, "validator");
      return this;
    }

    /** How many resources there are at most. Default: 10. */
    public Builder<R> size(int newSize) {
      size = Arguments.requireAtLeastOne(newSize, "size");
      return this;
    }

    /** How many idle ones are kept ready. Default: 0. */
    public Builder<R> minIdle(int newMinIdle) {
      minIdle = Arguments.requireNotNegative(newMinIdle, "minIdle");
      return this;
    }

    /** How old a resource may become, from its opening. Default: any age. */
    public Builder<R> maxAge(Duration newMaxAge) {
      maxAge = Durations.requirePositive(newMaxAge, "maxAge");
      return this;
    }

    /**
     * After which time a loan is reported as a leak. Costs a stack trace a loan. Default: never.
     */
    public Builder<R> leakAfter(Duration newLeakAfter) {
      leakAfter = Durations.requirePositive(newLeakAfter, "leakAfter");
      return this;
    }

    /** How often age, leaks and idle ones are looked after in the background. Default: 30 s. */
    public Builder<R> maintenance(Duration newMaintenance) {
      maintenance = Durations.requirePositive(newMaintenance, "maintenance");
      return this;
    }

    /** Hears of revoked and leaking loans, and of failures. Default: nobody. */
    public Builder<R> listener(ResourcePoolListener newListener) {
      listener = requireNonNull(newListener, "listener");
      return this;
    }

    /**
     * Opens a pool; close it.
     *
     * @param owner whose end closes it
     */
    @CheckReturnValue
    public ResourcePool<R> open(Context owner) {
      return new ResourcePool<>(this, requireNonNull(owner, "owner"));
    }
  }
}
