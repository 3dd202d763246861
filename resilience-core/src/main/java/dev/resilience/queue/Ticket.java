package dev.resilience.queue;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Criticality;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.context.Registration;
import dev.resilience.stage.Stages;
import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A waiting call. The future completes when it is the call's turn, and fails when the call is
 * refused, or when its context ends; it decides between the three.
 *
 * <p>Fields that are not final are guarded by the lock of the owner, unless they say otherwise.
 */
public final class Ticket extends CompletableFuture<@Nullable Void> {

  private static final String NO_TENANT = "";

  private final AdmissionQueue owner;
  private final TimeSource time;

  /** Whether a thread is parked here; otherwise user code goes on, on the executor. */
  private final boolean blocking;

  final int units;
  final Criticality criticality;
  final String tenant;
  final long enteredAt;

  /**
   * When an answer is of no use any more, and the queue's own bound; far away where there is none.
   */
  private final long deadline;

  private final long maxWaitEndsAt;

  // The place in the queue.
  @Nullable TenantQueue queue;
  @Nullable Ticket older;
  @Nullable Ticket newer;

  boolean hasWaited;

  /** What the owner has put here. */
  private @Nullable Object kept;

  private @Nullable Refusal refusal;

  private @Nullable Timer timer;

  /** Written under the lock. */
  private volatile boolean admitted;

  /** Why it could not be told; only the thread that tells it looks. */
  private @Nullable Throwable untold;

  /**
   * A call that is about to wait.
   *
   * @param units how much of the limit it takes
   * @param maxWait in nanoseconds
   * @param tenantKey whose value the queue is fair between; null: it is not
   * @param now the time of the context's time source
   */
  public Ticket(
      AdmissionQueue owner,
      Context ctx,
      int units,
      boolean blocking,
      long maxWait,
      @Nullable Key<String> tenantKey,
      long now) {
    this.owner = owner;
    this.time = ctx.timeSource();
    this.units = units;
    this.blocking = blocking;
    this.criticality = Criticality.of(ctx);
    this.tenant = tenantKey == null ? NO_TENANT : ctx.getOrDefault(tenantKey, NO_TENANT);
    this.enteredAt = now;
    this.deadline = ctx.deadline().map(Deadline::nanos).orElse(now + TimeSource.MAX_AHEAD);
    this.maxWaitEndsAt = now + Math.min(maxWait, TimeSource.MAX_AHEAD);
  }

  /** How much of the limit it takes. */
  public int units() {
    return units;
  }

  /** When it came. */
  public long enteredAt() {
    return enteredAt;
  }

  /** Whether it stands in the queue. */
  public boolean isWaiting() {
    return queue != null;
  }

  /** Whether it stood in the queue; to be asked by whoever entered it. */
  public boolean hasWaited() {
    return hasWaited;
  }

  /** Why it was refused; null: it was not. To be asked after the refusal only. */
  public @Nullable Refusal refusal() {
    return refusal;
  }

  void setRefusal(Refusal newRefusal) {
    refusal = newRefusal;
  }

  /** Keeps something for the owner. */
  public void put(Object newKept) {
    kept = newKept;
  }

  /** What was put. */
  public @Nullable Object peek() {
    return kept;
  }

  /** What was put, once. */
  public @Nullable Object take() {
    Object taken = kept;
    kept = null;
    return taken;
  }

  /** Whether its turn has come, and it has not given back what it took. */
  public boolean isAdmitted() {
    return admitted;
  }

  /** What it took is used: from now on there is nothing to give back. */
  public void settle() {
    admitted = false;
  }

  void setAdmitted(boolean newAdmitted) {
    admitted = newAdmitted;
  }

  /**
   * Whether it can no longer be served in time.
   *
   * @param wait how long it has yet to wait
   * @param work how long the call usually takes then
   */
  boolean isHopeless(long now, long wait, long work) {
    long turn = now + wait;
    return turn - (deadline - work) >= 0 || turn - maxWaitEndsAt > 0;
  }

  /** Whether a turn is of no use from now on. */
  boolean isExpired(long now, long work) {
    return now - lastStart(work) >= 0;
  }

  /** The context ends the wait at the deadline itself; a timer is for what comes before. */
  private long lastStart(long work) {
    long inTime = work > 0 ? deadline - work : enteredAt + TimeSource.MAX_AHEAD;
    return inTime - maxWaitEndsAt < 0 ? inTime : maxWaitEndsAt;
  }

  // ---- the timer, under the owner's lock

  /** Sees to it that the owner hears when it has become too late. */
  void startTimer(long work) {
    stopTimer();
    long at = lastStart(work);
    if (at - enteredAt < TimeSource.MAX_AHEAD) {
      timer = time.startTimer(at, () -> owner.expired(this));
    }
  }

  /** To be called when the ticket leaves the queue. */
  void stopTimer() {
    Timer running = timer;
    if (running != null) {
      timer = null;
      running.cancel();
    }
  }

  // ---- telling, without a lock

  /** It is its turn. False: there is no thread to go on with; {@link #failUntold} is to follow. */
  boolean tellAdmitted() {
    if (blocking) {
      complete(null);
      return true;
    }
    try {
      time.executor().execute(() -> complete(null));
      return true;
    } catch (Throwable unable) {
      untold = unable;
      return false;
    }
  }

  /** It is refused. Without a thread for it, the refusal is told on this one. */
  void tellRefused(RuntimeException refusal) {
    if (blocking) {
      completeExceptionally(refusal);
      return;
    }
    try {
      time.executor().execute(() -> completeExceptionally(refusal));
    } catch (Throwable unable) {
      completeExceptionally(refusal);
    }
  }

  /** Ends the call, here and now: with an executor that takes nothing it would never end. */
  void failUntold() {
    Throwable unable = untold;
    completeExceptionally(
        unable instanceof RejectedExecutionException
            ? unable
            : new RejectedExecutionException(owner.name() + ": no thread to go on with", unable));
  }

  // ---- waiting

  /**
   * Waits for the turn. Returns when it has come and the context lives.
   *
   * @throws RuntimeException the refusal
   */
  public void await(Context ctx) throws InterruptedException {
    try {
      ctx.await(this);
    } catch (ContextException end) {
      owner.leave(this);
      throw ended(ctx);
    } catch (ExecutionException failed) {
      owner.leave(this);
      throw refusal(failed);
    } catch (Throwable interruptedOrBroken) {
      owner.leave(this);
      throw interruptedOrBroken;
    }
    if (ctx.isDone()) {
      owner.leave(this);
      throw ended(ctx);
    }
  }

  private static RuntimeException refusal(ExecutionException failed) {
    if (failed.getCause() instanceof RuntimeException refusal) {
      return refusal;
    }
    throw new AssertionError("only its owner fails a ticket", failed);
  }

  /**
   * Calls back when the turn has come, with null, or when it will not: with the refusal, or with
   * the end of the context.
   */
  public void whenTurn(Context ctx, Consumer<@Nullable Throwable> next) {
    Registration end = ctx.onDone(() -> completeExceptionally(ended(ctx)));
    Stages.<@Nullable Void>watch(
        this,
        (nothing, failure) -> {
          end.withdraw();
          Throwable left = failure != null ? failure : ctx.isDone() ? ended(ctx) : null;
          if (left != null) {
            owner.leave(this);
          }
          next.accept(left);
        });
  }

  /** The dependency was not called; a deadline says so by a run of no length. */
  private ContextException ended(Context ctx) {
    ContextException end = ctx.toException();
    return end instanceof DeadlineExceededException
        ? new DeadlineExceededException(
            end.getMessage() + ", while waiting for " + owner.name(), Duration.ZERO, Duration.ZERO)
        : end;
  }
}
