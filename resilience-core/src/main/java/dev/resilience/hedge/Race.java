package dev.resilience.hedge;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Attempts side by side under one context. The first good result decides it, or what says that no
 * attempt can succeed, or the failure of the last one under way; then that context ends, and with
 * it the other attempts.
 */
final class Race<T extends @Nullable Object> {

  /** Told how the race goes. */
  interface Watcher {

    /** What came out of an attempt; told before the race is decided by it. */
    void finished(int attempt, Verdict verdict);

    /** It is decided by the good result of an attempt, or by none: {@link #NOBODY}. Told once. */
    void decided(int winner);
  }

  static final int NOBODY = -1;

  private final Context caller;
  private final Classifier classifier;
  private final Watcher watcher;
  private final CancellableContext all;
  private final AtomicInteger underWay = new AtomicInteger();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Outcome<T> lastFailed;
  private final AtomicBoolean decided = new AtomicBoolean();
  private final CompletableFuture<Outcome<T>> answer = new CompletableFuture<>();

  Race(Context caller, Classifier classifier, Watcher watcher) {
    this.caller = caller;
    this.classifier = classifier;
    this.watcher = watcher;
    this.all = caller.withCancel();
  }

  /** Ends when the race is decided. */
  Context context() {
    return all;
  }

  /** Enters attempts before the first one is started, so that none is the last by mistake. */
  void enter(int attempts) {
    underWay.addAndGet(attempts);
  }

  /** Enters one more while others are under way. False: there are none, it is decided. */
  boolean enterLate() {
    return !decided.get() && underWay.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  /**
   * Takes back an entry that is not started. If all others have failed meanwhile, the last of them
   * has decided nothing: this does.
   */
  void withdraw() {
    if (underWay.decrementAndGet() > 0) {
      return;
    }
    Outcome<T> last = lastFailed;
    if (last != null) {
      decide(last, NOBODY);
    }
  }

  /** Starts an attempt that was entered. */
  void start(int attempt, AttemptStarter<T> runner) {
    CancellableContext ctx = all.withCancel();
    runner.start(
        ctx,
        outcome -> {
          ctx.close();
          finished(attempt, outcome);
        });
  }

  private void finished(int attempt, Outcome<T> outcome) {
    Throwable failure = outcome.failure();
    Verdict verdict;
    try {
      verdict =
          failure == null
              ? classifier.judgeResult(outcome.result())
              : classifier.judge(caller, failure);
    } catch (RuntimeException brokenRule) {
      underWay.decrementAndGet();
      decide(new Outcome<>(null, brokenRule), NOBODY);
      return;
    }
    if (decided.get()) {
      underWay.decrementAndGet();
      return;
    }
    watcher.finished(attempt, verdict);
    if (mayYetSucceed(verdict)) {
      lastFailed = outcome;
      if (failure != null) {
        failures.add(failure);
      }
    }
    if (underWay.decrementAndGet() == 0 || !mayYetSucceed(verdict)) {
      decide(outcome, verdict == Verdict.SUCCESS ? attempt : NOBODY);
    }
  }

  /** Whether another attempt may have a better result than this one. */
  private static boolean mayYetSucceed(Verdict verdict) {
    return switch (verdict) {
      case TIMED_OUT, REJECTED, NO_TIME_LEFT, INTERRUPTED, FAILURE -> true;
      case SUCCESS,
          CALLER_CANCELLED,
          DEADLINE_EXCEEDED_BEFORE_DISPATCH,
          DEADLINE_EXCEEDED,
          DEADLINE_EXCEEDED_EARLY,
          FATAL,
          PERMANENT_FAILURE,
          IGNORED ->
          false;
    };
  }

  private void decide(Outcome<T> outcome, int winner) {
    if (!decided.compareAndSet(false, true)) {
      return;
    }
    // The others hear of it before the caller goes on.
    end();
    Throwable failure = outcome.failure();
    if (failure != null) {
      withOthers(failure);
    }
    watcher.decided(winner);
    answer.complete(outcome);
  }

  private void end() {
    all.cancel(CancelReason.SUPERSEDED);
    all.close();
  }

  private void withOthers(Throwable thrown) {
    for (Throwable other : failures) {
      Failures.suppress(thrown, other);
    }
  }

  /** Waits on the caller's thread. */
  @SuppressWarnings("NullAway") // a success is a T
  <X extends Throwable> T await() throws X {
    Outcome<T> outcome;
    try {
      outcome = caller.await(answer);
    } catch (ContextException ended) {
      decided.set(true);
      end();
      withOthers(ended);
      throw ended;
    } catch (InterruptedException interrupted) {
      decided.set(true);
      end();
      Thread.currentThread().interrupt();
      throw new CallInterruptedException(interrupted);
    } catch (ExecutionException impossible) {
      throw new AssertionError("an outcome is a value", impossible);
    }
    Throwable failure = outcome.failure();
    if (failure != null) {
      throw Failures.<X>asThrown(failure);
    }
    return outcome.result();
  }

  /** For a caller that does not wait. The attempts complete when the caller's context ends. */
  CompletionStage<T> stage() {
    CompletableFuture<T> stage = new CompletableFuture<>();
    CompletionStage<Outcome<T>> decision = answer;
    decision.whenComplete(
        (outcome, never) -> {
          Throwable failure = outcome.failure();
          if (failure == null) {
            stage.complete(outcome.result());
          } else {
            stage.completeExceptionally(failure);
          }
        });
    return stage;
  }
}
