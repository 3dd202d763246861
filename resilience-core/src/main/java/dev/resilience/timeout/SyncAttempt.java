package dev.resilience.timeout;

import dev.resilience.context.BlockingWork;
import dev.resilience.context.Context;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.policy.Call;
import dev.resilience.policy.Next;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An attempt on the caller's thread, which is interrupted at the limit. */
final class SyncAttempt<T extends @Nullable Object, X extends Throwable> extends Attempt
    implements BlockingWork<T, X> {

  private final Next next;
  private final Call<T, X> work;
  private boolean begun;

  /** Written by the thread that interrupts, before {@code interruptibly} returns. */
  private boolean overdue;

  SyncAttempt(
      TimeLimiter enforcer,
      Duration limit,
      @Nullable AttemptListener gauge,
      Context caller,
      Next next,
      Call<T, X> work) {
    super(enforcer, limit, gauge, caller);
    this.next = next;
    this.work = work;
  }

  T call() throws X {
    T result;
    try {
      result = child.interruptibly(this);
    } catch (Throwable failure) {
      throw Failures.<X>asThrown(after(failure));
    } finally {
      if (overdue) {
        account().hasStopped();
      }
    }
    Throwable instead = afterSuccess(result);
    if (instead == null) {
      return result;
    }
    account().lateResult(ran(), result, null);
    throw Failures.<X>asThrown(instead);
  }

  private Throwable after(Throwable failure) {
    if (failure instanceof InterruptedException interrupted) {
      // Ours would have been turned into the end of the context.
      close();
      Thread.currentThread().interrupt();
      return new CallInterruptedException(interrupted);
    }
    return afterFailure(failure, begun);
  }

  @Override
  public T run() throws X {
    begun = true;
    return next.call(child, work);
  }

  @Override
  public void interrupted() {
    if (begun) {
      overdue = true;
      account().runsOn();
    }
  }
}
