package dev.resilience.timeout;

import dev.resilience.context.BlockingWork;
import dev.resilience.policy.Call;
import dev.resilience.policy.CallInterruptedException;
import dev.resilience.policy.Next;
import org.jspecify.annotations.Nullable;

/** An attempt on the caller's thread, which is interrupted at the limit. */
final class OnCallersThread<T extends @Nullable Object, X extends Throwable>
    implements BlockingWork<T, X> {

  private final Attempt attempt;
  private final Next next;
  private final Call<T, X> work;
  private boolean begun;

  /** Written by the thread that interrupts, before {@code interruptibly} returns. */
  private boolean overdue;

  OnCallersThread(Attempt attempt, Next next, Call<T, X> work) {
    this.attempt = attempt;
    this.next = next;
    this.work = work;
  }

  T call() throws X {
    T result;
    try {
      result = attempt.child.interruptibly(this);
    } catch (Throwable failure) {
      throw OnCallersThread.<X>asThrown(after(failure));
    } finally {
      if (overdue) {
        attempt.overdue.hasStopped();
      }
    }
    Throwable instead = attempt.afterSuccess(result);
    if (instead == null) {
      return result;
    }
    attempt.overdue.lateResult(attempt.ran(), result, null);
    throw OnCallersThread.<X>asThrown(instead);
  }

  private Throwable after(Throwable failure) {
    if (failure instanceof InterruptedException interrupted) {
      // Ours would have been turned into the end of the context.
      attempt.close();
      Thread.currentThread().interrupt();
      return new CallInterruptedException(interrupted);
    }
    return attempt.afterFailure(failure, begun);
  }

  @Override
  public T run() throws X {
    begun = true;
    return next.call(attempt.child, work);
  }

  @Override
  public void interrupted() {
    if (begun) {
      overdue = true;
      attempt.overdue.runsOn();
    }
  }

  // What is inside throws X and what is unchecked.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <X extends Throwable> X asThrown(Throwable failure) {
    return (X) failure;
  }
}
