package dev.resilience.retry;

import dev.resilience.context.ContextException;
import dev.resilience.error.Failures;
import dev.resilience.policy.Call;
import dev.resilience.policy.Next;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The further attempts of a call, on the caller's thread. */
final class SyncRetry<T extends @Nullable Object, X extends Throwable> {

  private final RetrySession state;
  private final Next next;
  private final Call<T, X> work;

  SyncRetry(RetrySession state, Next next, Call<T, X> work) {
    this.state = state;
    this.next = next;
    this.work = work;
  }

  T goOnAfter(Throwable failure) throws X {
    Duration delay = state.delayAfter(failure);
    if (delay == null) {
      throw Failures.<X>asThrown(failure);
    }
    return goOnIn(delay);
  }

  T goOnAfter(T result) throws X {
    Duration delay = state.delayAfterResult(result);
    return delay == null ? result : goOnIn(delay);
  }

  private T goOnIn(Duration firstDelay) throws X {
    Duration delay = firstDelay;
    while (true) {
      sleep(delay);
      state.begins();
      T result;
      try {
        result = next.call(state.ctx(), work);
      } catch (Throwable failure) {
        delay = state.delayAfter(failure);
        if (delay == null) {
          throw Failures.<X>asThrown(failure);
        }
        continue;
      }
      delay = state.delayAfterResult(result);
      if (delay == null) {
        return result;
      }
    }
  }

  private void sleep(Duration delay) {
    try {
      state.ctx().sleep(delay);
    } catch (ContextException end) {
      throw state.endedInBackoff(end);
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw state.interruptedInBackoff(interrupt);
    }
  }
}
