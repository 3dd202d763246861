package dev.resilience.hedge;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.Failures;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.DiscardRules;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.Stages;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Attempts side by side under one context. The first good result decides it, or what says that no
 * attempt can succeed, or the failure of the last one under way; then that context ends, and with
 * it the other attempts.
 *
 * <p>Whatever the user's functions throw: an attempt that has finished is counted, a race that is
 * decided answers, and a result is either the answer or discarded.
 */
final class Race<T extends @Nullable Object> {

  /** Receives the course of a race. */
  interface Watcher {

    /** What came out of an attempt; told before the race is decided by it. */
    void finished(int attempt, Verdict verdict);

    /** It is decided by the good result of an attempt, or by none: {@link #NOBODY}. Told once. */
    void decided(int winner);
  }

  static final int NOBODY = -1;

  private final Context caller;
  private final Classifier classifier;
  private final DiscardRules discards;
  private final Watcher watcher;
  private final CancellableContext all;
  private final AtomicInteger underWay = new AtomicInteger();

  /** Those that did not decide the race, in the order in which they finished. */
  private final Deque<Outcome<T>> failed = new ConcurrentLinkedDeque<>();

  /** What decided the race. Compared by identity. */
  private final AtomicReference<@Nullable Outcome<T>> decision = new AtomicReference<>();

  private final CompletableFuture<Outcome<T>> answer = new CompletableFuture<>();

  @SuppressWarnings("MustBeClosed") // closed when it is decided
  Race(Context caller, Classifier classifier, DiscardRules discards, Watcher watcher) {
    this.caller = caller;
    this.classifier = classifier;
    this.discards = discards;
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
    return decision.get() == null && underWay.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  /**
   * Takes back an entry that is not started. If all others have failed meanwhile, the last of them
   * has decided nothing: this does.
   */
  void withdraw() {
    if (underWay.decrementAndGet() > 0) {
      return;
    }
    Outcome<T> last = failed.peekLast();
    if (last != null) {
      decide(last, NOBODY);
    }
  }

  /** Ends the race with a failure that is none of an attempt. */
  void breakOff(Throwable broken) {
    decide(new Outcome<>(null, broken), NOBODY);
  }

  /** Starts an attempt that was entered. */
  void start(int attempt, AttemptStarter<T> starter) {
    @SuppressWarnings("MustBeClosed") // closed when the attempt has finished
    CancellableContext ctx = all.withCancel();
    starter.start(ctx, new Finish(attempt, ctx));
  }

  /** Told once by each attempt; a second time is ignored. */
  private final class Finish extends AtomicBoolean implements Consumer<Outcome<T>> {

    private static final long serialVersionUID = 1L;

    private final int attempt;
    private final transient CancellableContext ctx;

    Finish(int attempt, CancellableContext ctx) {
      this.attempt = attempt;
      this.ctx = ctx;
    }

    @Override
    public void accept(Outcome<T> outcome) {
      if (compareAndSet(false, true)) {
        try {
          ctx.close();
        } finally {
          finished(attempt, outcome);
        }
      }
    }
  }

  private void finished(int attempt, Outcome<T> outcome) {
    Throwable failure = outcome.failure();
    Verdict verdict;
    try {
      verdict =
          failure == null
              ? classifier.judgeResult(outcome.result())
              : classifier.judge(caller, failure);
      if (decision.get() == null) {
        watcher.finished(attempt, verdict);
      }
    } catch (Throwable broken) {
      underWay.decrementAndGet();
      if (failure != null) {
        Failures.suppress(broken, failure);
      }
      discard(outcome);
      breakOff(broken);
      return;
    }
    boolean mayYetSucceed = mayYetSucceed(verdict);
    if (mayYetSucceed) {
      failed.add(outcome);
    }
    if (underWay.decrementAndGet() == 0 || !mayYetSucceed) {
      boolean decides = decide(outcome, verdict == Verdict.SUCCESS ? attempt : NOBODY);
      if (!decides && !mayYetSucceed) {
        discard(outcome);
      }
    }
    if (decision.get() != null) {
      discardFailed();
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

  private boolean decide(Outcome<T> outcome, int winner) {
    if (!decision.compareAndSet(null, outcome)) {
      return false;
    }
    try {
      // The others hear of it before the caller goes on.
      end();
      Throwable failure = outcome.failure();
      if (failure != null) {
        suppressOthers(failure);
      }
      watcher.decided(winner);
    } finally {
      answer.complete(outcome);
      discardFailed();
    }
    return true;
  }

  private void end() {
    all.cancel(CancelReason.SUPERSEDED);
    all.close();
  }

  private void suppressOthers(Throwable thrown) {
    for (Outcome<T> other : failed) {
      Throwable failure = other.failure();
      if (failure != null) {
        Failures.suppress(thrown, failure);
      }
    }
  }

  /** Each is taken by one thread, so that nothing is discarded twice. */
  @SuppressWarnings("ReferenceEquality") // this outcome, not one like it
  private void discardFailed() {
    for (Outcome<T> each = failed.poll(); each != null; each = failed.poll()) {
      if (each != decision.get()) {
        discard(each);
      }
    }
  }

  private void discard(Outcome<T> outcome) {
    if (outcome.failure() == null) {
      discards.discard(outcome.result());
    }
  }

  /** Waits on the caller's thread. */
  @SuppressWarnings("NullAway") // a success is a T
  <X extends Throwable> T await() throws X {
    Outcome<T> outcome;
    try {
      outcome = caller.await(answer);
    } catch (ContextException ended) {
      suppressOthers(ended);
      leave(ended);
      throw ended;
    } catch (InterruptedException interrupted) {
      RuntimeException thrown = Failures.interrupted(caller, interrupted);
      leave(thrown);
      throw thrown;
    } catch (ExecutionException impossible) {
      throw new AssertionError("an outcome is a value", impossible);
    } catch (Throwable broken) {
      leave(broken);
      throw broken;
    }
    Throwable failure = outcome.failure();
    if (failure != null) {
      throw Failures.<X>asThrown(failure);
    }
    return outcome.result();
  }

  /** The caller does not wait any longer: whatever comes is for nobody. */
  private void leave(Throwable thrown) {
    Outcome<T> left = new Outcome<>(null, thrown);
    Outcome<T> decided = decision.compareAndExchange(null, left);
    if (decided != null) {
      discard(decided);
    }
    end();
    discardFailed();
  }

  /** For a caller that does not wait. The attempts complete when the caller's context ends. */
  CompletionStage<T> stage() {
    CompletableFuture<T> stage = new CompletableFuture<>();
    Stages.watch(
        answer,
        stage,
        (outcome, never) -> Stages.complete(stage, outcome.result(), outcome.failure()));
    return stage;
  }
}
