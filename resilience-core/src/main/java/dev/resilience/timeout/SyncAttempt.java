package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.policy.Call;
import dev.resilience.policy.Next;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An attempt on the caller's thread. Its child context ends at the limit; the innermost link of the
 * stack, which knows when the work runs, interrupts it then.
 */
final class SyncAttempt<T extends @Nullable Object, X extends Throwable> extends Attempt
    implements Call<T, X> {

  private static final int RUNNING = 0;
  private static final int OVERDUE = 1;
  private static final int ENDED = 2;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(SyncAttempt.class, "state", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Call<T, X> work;
  private boolean begun;

  /** An isolated time-out inside may interrupt the work when this attempt has ended already. */
  @SuppressWarnings({"FieldMayBeFinal", "UnusedVariable"}) // used through the handle
  private volatile int state = RUNNING;

  SyncAttempt(
      TimeLimiter enforcer,
      Duration limit,
      @Nullable AttemptListener gauge,
      Context caller,
      Call<T, X> work) {
    super(enforcer, limit, gauge, caller);
    this.work = work;
  }

  T call(Next next) throws X {
    T result;
    try {
      result = next.call(child, this);
    } catch (Throwable failure) {
      throw Failures.<X>asThrown(after(failure));
    } finally {
      if ((int) STATE.getAndSet(this, ENDED) == OVERDUE) {
        account().hasStopped();
      }
    }
    Throwable instead = afterSuccess(result);
    if (instead == null) {
      return result;
    }
    account().lateResult(caller, ran(), result, null);
    throw Failures.<X>asThrown(instead);
  }

  private Throwable after(Throwable failure) {
    if (failure instanceof InterruptedException interrupted) {
      // Of a policy inside: that of the work would have been turned into the end of the context.
      close();
      return Failures.interrupted(caller, interrupted);
    }
    return afterFailure(failure, begun);
  }

  /** For the policies inside: the work, and that it was reached. */
  @Override
  public T call(Context ctx) throws X, InterruptedException {
    begun = true;
    return work.call(ctx);
  }

  @Override
  public void interrupted() {
    // A limit further in may have been reached instead.
    if (child.isDone() && STATE.compareAndSet(this, RUNNING, OVERDUE)) {
      account().runsOn();
    }
    work.interrupted();
  }
}
