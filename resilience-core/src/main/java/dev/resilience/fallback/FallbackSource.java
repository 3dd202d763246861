package dev.resilience.fallback;

import dev.resilience.context.Context;
import dev.resilience.policy.PolicyChain;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.Stages;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One of the answers: for what it is meant, and how it is had. Waits and stages end with the
 * context that is given here.
 */
sealed interface FallbackSource<T extends @Nullable Object> {

  boolean handles(Verdict verdict, Throwable failure);

  FallbackSource<T> within(Duration limit);

  /** How long this one may take; null: it takes no time. */
  @Nullable Duration limit();

  T get(Context limited, Throwable failure) throws Exception;

  CompletionStage<T> getAsync(Context limited, Throwable failure);

  /** Always there. */
  record Constant<T extends @Nullable Object>(T value) implements FallbackSource<T> {

    @Override
    public boolean handles(Verdict verdict, Throwable failure) {
      return true;
    }

    @Override
    public FallbackSource<T> within(Duration limit) {
      return this;
    }

    @Override
    public @Nullable Duration limit() {
      return null;
    }

    @Override
    public T get(Context limited, Throwable failure) {
      return value;
    }

    @Override
    public CompletionStage<T> getAsync(Context limited, Throwable failure) {
      return CompletableFuture.completedFuture(value);
    }
  }

  /** Computed by a thread. */
  record Blocking<T extends @Nullable Object>(
      BiPredicate<Verdict, Throwable> when, FallbackFunction<T, Throwable> answer, Duration limit)
      implements FallbackSource<T> {

    @Override
    public boolean handles(Verdict verdict, Throwable failure) {
      return when.test(verdict, failure);
    }

    @Override
    public FallbackSource<T> within(Duration newLimit) {
      return new Blocking<>(when, answer, newLimit);
    }

    @Override
    public T get(Context limited, Throwable failure) throws Exception {
      return limited.<T, Exception>interruptibly(() -> answer.answer(limited, failure));
    }

    @Override
    public CompletionStage<T> getAsync(Context limited, Throwable failure) {
      return PolicyChain.of().callAsync(limited, c -> onExecutor(c, failure));
    }

    private CompletionStage<T> onExecutor(Context ctx, Throwable failure) {
      CompletableFuture<T> stage = new CompletableFuture<>();
      ctx.timeSource()
          .executor()
          .execute(
              () -> {
                try {
                  stage.complete(get(ctx, failure));
                } catch (Throwable second) {
                  stage.completeExceptionally(second);
                }
              });
      return stage;
    }
  }

  /** Promised by a stage. */
  record Staged<T extends @Nullable Object>(
      BiPredicate<Verdict, Throwable> when,
      AsyncFallbackFunction<T, Throwable> answer,
      Duration limit)
      implements FallbackSource<T> {

    @Override
    public boolean handles(Verdict verdict, Throwable failure) {
      return when.test(verdict, failure);
    }

    @Override
    public FallbackSource<T> within(Duration newLimit) {
      return new Staged<>(when, answer, newLimit);
    }

    @Override
    public T get(Context limited, Throwable failure) throws Exception {
      try {
        return limited.await(getAsync(limited, failure));
      } catch (ExecutionException failed) {
        if (failed.getCause() instanceof Exception raw) {
          throw raw;
        }
        throw failed;
      }
    }

    @Override
    public CompletionStage<T> getAsync(Context limited, Throwable failure) {
      return PolicyChain.of().callAsync(limited, c -> answer.answer(c, failure));
    }
  }

  /** Of a type that is known only now; null is an answer of any type. */
  record Checked<S extends @Nullable Object, T>(FallbackSource<S> option, Class<T> type)
      implements FallbackSource<T> {

    @Override
    public boolean handles(Verdict verdict, Throwable failure) {
      return option.handles(verdict, failure);
    }

    @Override
    public FallbackSource<T> within(Duration limit) {
      return new Checked<>(option.within(limit), type);
    }

    @Override
    public @Nullable Duration limit() {
      return option.limit();
    }

    @Override
    public T get(Context limited, Throwable failure) throws Exception {
      return checked(option.get(limited, failure));
    }

    @Override
    public CompletionStage<T> getAsync(Context limited, Throwable failure) {
      CompletableFuture<T> checked = new CompletableFuture<>();
      Stages.watch(
          option.getAsync(limited, failure),
          checked,
          (value, second) ->
              Stages.complete(checked, second == null ? checked(value) : null, second));
      return checked;
    }

    @SuppressWarnings("NullAway") // a null is the user's own answer
    private T checked(S answer) {
      if (answer == null || type.isInstance(answer)) {
        return type.cast(answer);
      }
      throw new ClassCastException(
          "answer: a " + answer.getClass().getName() + " (expected: a " + type.getName() + ")");
    }
  }
}
