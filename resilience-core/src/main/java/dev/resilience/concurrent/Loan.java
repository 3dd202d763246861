package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A resource that was borrowed from a {@link ResourcePool}. Close it to give it back.
 *
 * <p>It is over exactly once: given back, given back as broken, or revoked because the borrower's
 * context has ended. A revoked resource is closed and never lent again; {@link #get} then throws,
 * and giving it back does nothing.
 *
 * @param <R> the type of the resource
 */
public final class Loan<R> implements AutoCloseable {

  private enum State {
    LENT,
    RETURNED,
    REVOKED
  }

  private final ResourcePool<R> pool;
  private final PooledResource<R> resource;
  private final Context borrower;
  private final AtomicReference<State> state = new AtomicReference<>(State.LENT);
  final long from;

  /** Where it was borrowed, if somebody wants to know. */
  final @Nullable Throwable place;

  boolean reportedAsLeak;
  private @Nullable Registration whileLent;

  Loan(
      ResourcePool<R> pool,
      PooledResource<R> resource,
      Context borrower,
      long from,
      @Nullable Throwable place) {
    this.pool = pool;
    this.resource = resource;
    this.borrower = borrower;
    this.from = from;
    this.place = place;
  }

  /** From now on the end of the borrower's context takes the resource away. */
  void watch() {
    whileLent = borrower.onDone(this::revoke);
  }

  /**
   * The resource.
   *
   * @throws IllegalStateException if the loan is over
   */
  public R get() {
    State now = state.get();
    if (now != State.LENT) {
      throw new IllegalStateException(
          pool.name()
              + (now == State.REVOKED
                  ? ": the resource was revoked, for its borrower's context has ended"
                  : ": the resource was given back"));
    }
    return resource.value;
  }

  /** Whether the resource was taken away because the borrower's context has ended. */
  public boolean isRevoked() {
    return state.get() == State.REVOKED;
  }

  /**
   * Gives the resource back. Where the borrower's context has ended meanwhile, it is closed instead
   * of being lent again: nobody knows in the middle of what the work was cut off.
   */
  @Override
  public void close() {
    end(State.RETURNED, !borrower.isDone());
  }

  /** Gives the resource back as broken: it is closed, and never lent again. */
  public void discard() {
    end(State.RETURNED, false);
  }

  private void revoke() {
    end(State.REVOKED, false);
  }

  private void end(State how, boolean usable) {
    if (!state.compareAndSet(State.LENT, how)) {
      return;
    }
    Registration registration = whileLent;
    if (registration != null) {
      registration.withdraw();
    }
    pool.over(this, resource, usable, how == State.REVOKED);
  }

  /** Where this loan was made, if the pool reports leaks. */
  public Optional<Throwable> place() {
    return Optional.ofNullable(place);
  }

  /** How long the resource has been lent. */
  public Duration age() {
    return Duration.ofNanos(Math.max(0, borrower.timeSource().nanoTime() - from));
  }

  @Override
  public String toString() {
    return "loan of "
        + requireNonNull(pool).name()
        + ", "
        + state
        + ", for "
        + DurationText.of(age());
  }
}
