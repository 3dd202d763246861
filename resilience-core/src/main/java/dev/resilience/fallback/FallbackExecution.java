package dev.resilience.fallback;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.policy.FallbackAnswer;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.Stages;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Asks the answers for one failed call, in order, until one answers. The last failure among them is
 * thrown; earlier ones are suppressed in the failure of the call at once, and so will that one be.
 * Where one answers, the failures of those before it are suppressed there, too. An {@link Error}
 * ends the asking.
 */
final class FallbackExecution<T extends @Nullable Object> {

  private static final Duration NO_LIMIT = Duration.ofNanos(TimeSource.MAX_AHEAD);

  private final String name;
  private final Verdict verdict;
  private final Throwable failure;

  /**
   * Below the caller, out of reach of its deadline: ended if, and only if, the caller cancelled.
   */
  private final CancellableContext waiting;

  private @Nullable Throwable last;

  @SuppressWarnings("MustBeClosed") // closed when it has answered
  FallbackExecution(String name, Context caller, Verdict verdict, Throwable failure) {
    this.name = name;
    this.verdict = verdict;
    this.failure = failure;
    this.waiting = caller.withMoreTime(NO_LIMIT);
  }

  // ---- on the caller's thread

  FallbackAnswer<T> answer(List<NamedFallback<? extends T>> choices) throws Exception {
    try (waiting) {
      Exception thrown = null;
      for (NamedFallback<? extends T> choice : choices) {
        if (waiting.isDone()) {
          break;
        }
        if (!choice.handles(verdict, failure)) {
          continue;
        }
        try {
          FallbackAnswer<? extends T> given = ask(choice);
          suppressLast();
          return FallbackExecution.<T>widened(given);
        } catch (InterruptedException | CallInterruptedException outside) {
          // Meant for this thread, and not for this answer alone.
          throw outside;
        } catch (Exception second) {
          keep(second);
          thrown = second;
        }
      }
      throw thrown != null ? thrown : cancelled();
    }
  }

  private <U extends @Nullable Object> FallbackAnswer<U> ask(NamedFallback<U> choice)
      throws Exception {
    return choice.answered(waiting, ask(choice.option()));
  }

  private <U extends @Nullable Object> U ask(FallbackSource<U> option) throws Exception {
    Duration limit = option.limit();
    if (limit == null) {
      return option.get(waiting, failure);
    }
    try (CancellableContext limited = waiting.withTimeout(limit)) {
      try {
        return option.get(limited, failure);
      } catch (DeadlineExceededException end) {
        throw inWordsOfLimit(limited, limit, end);
      }
    }
  }

  // ---- with stages

  CompletionStage<FallbackAnswer<T>> answerAsync(List<NamedFallback<? extends T>> choices) {
    CompletableFuture<FallbackAnswer<T>> answer = new CompletableFuture<>();
    askNext(choices.iterator(), answer);
    return answer;
  }

  private void askNext(
      Iterator<NamedFallback<? extends T>> choices, CompletableFuture<FallbackAnswer<T>> answer) {
    while (choices.hasNext() && !waiting.isDone()) {
      NamedFallback<? extends T> choice = choices.next();
      if (choice.handles(verdict, failure)) {
        Stages.watch(
            askAsync(choice),
            answer,
            (given, second) -> {
              if (second == null) {
                waiting.close();
                suppressLast();
                answer.complete(FallbackExecution.<T>widened(given));
              } else {
                keep(second);
                if (second instanceof Error) {
                  fail(second, answer);
                } else {
                  askNext(choices, answer);
                }
              }
            });
        return;
      }
    }
    fail(last != null ? last : cancelled(), answer);
  }

  private void fail(Throwable thrown, CompletableFuture<FallbackAnswer<T>> answer) {
    waiting.close();
    answer.completeExceptionally(thrown);
  }

  private <U extends @Nullable Object> CompletionStage<FallbackAnswer<U>> askAsync(
      NamedFallback<U> choice) {
    CompletableFuture<FallbackAnswer<U>> answered = new CompletableFuture<>();
    Stages.watch(
        askAsync(choice.option()),
        answered,
        (value, second) ->
            Stages.complete(
                answered, second == null ? choice.answered(waiting, value) : null, second));
    return answered;
  }

  private <U extends @Nullable Object> CompletionStage<U> askAsync(FallbackSource<U> option) {
    Duration limit = option.limit();
    if (limit == null) {
      return option.getAsync(waiting, failure);
    }
    @SuppressWarnings("MustBeClosed") // closed when the stage completes
    CancellableContext limited = waiting.withTimeout(limit);
    return closing(limited, limit, option.getAsync(limited, failure));
  }

  private <U extends @Nullable Object> CompletionStage<U> closing(
      CancellableContext limited, Duration limit, CompletionStage<U> stage) {
    CompletableFuture<U> closed = new CompletableFuture<>();
    Stages.watch(
        stage,
        closed,
        (value, second) -> {
          limited.close();
          Stages.complete(
              closed,
              value,
              second instanceof DeadlineExceededException end
                  ? inWordsOfLimit(limited, limit, end)
                  : second);
        });
    return closed;
  }

  // It is immutable: one of a narrower type does.
  @SuppressWarnings("unchecked")
  private static <T extends @Nullable Object> FallbackAnswer<T> widened(
      FallbackAnswer<? extends T> answer) {
    return (FallbackAnswer<T>) answer;
  }

  // ---- failures

  private void keep(Throwable second) {
    suppressLast();
    last = second;
  }

  private void suppressLast() {
    if (last != null) {
      Failures.suppress(failure, last);
    }
  }

  /** The end of a context that the caller never saw says less than the limit behind it. */
  private RuntimeException inWordsOfLimit(
      Context limited, Duration limit, DeadlineExceededException end) {
    if (!(limited.error() instanceof DeadlineExceededException)) {
      return end;
    }
    AttemptTimeoutException timedOut = new AttemptTimeoutException(name, limit);
    for (Throwable own : end.getSuppressed()) {
      Failures.suppress(timedOut, own);
    }
    return timedOut;
  }

  private RuntimeException cancelled() {
    return waiting.isDone()
        ? waiting.toException()
        : new IllegalStateException(name + ": no answer for " + verdict + " (expected: one)");
  }
}
