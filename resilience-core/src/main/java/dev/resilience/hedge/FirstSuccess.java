package dev.resilience.hedge;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Resilience;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Makes several different calls for the same thing at once; the first good result wins.
 *
 * <pre>{@code
 * Quote quote = FirstSuccess.of(ctx, c -> europe.quote(c, order), c -> america.quote(c, order));
 * }</pre>
 *
 * <p>The contexts of the other calls end with {@link
 * dev.resilience.context.CancelReason#SUPERSEDED} before the caller has the result. When all calls
 * fail, the last failure is thrown, with the others suppressed. An {@link Error} of one ends them
 * all. When the caller's context ends, so do the calls.
 *
 * <p>Thread-safe. Each blocking call runs on a thread of the time source's executor; the caller
 * waits.
 */
public final class FirstSuccess {

  /** Binds a call to its context, and does nothing else. */
  private static final Resilience PLAIN = Resilience.of();

  private FirstSuccess() {}

  /**
   * Makes the calls and waits for the first good result.
   *
   * @param ctx the caller's context
   * @param calls at least one
   * @throws X what the call threw that failed last
   * @throws dev.resilience.context.ContextException if the context ends first
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // only read
  public static <T extends @Nullable Object, X extends Throwable> T of(
      Context ctx, Call<T, X>... calls) throws X {
    List<Call<T, X>> all = checked(calls);
    ctx.throwIfDone();
    Race<T> race = race(ctx, all.size());
    for (int i = 0; i < all.size(); i++) {
      Call<T, X> call = all.get(i);
      race.start(i, Runner.<T>blocking(c -> PLAIN.call(c, call)));
    }
    return race.<X>await();
  }

  /**
   * Starts the calls and returns at once. To cancel the future of the stage cancels the calls.
   *
   * @param ctx the caller's context
   * @param calls at least one; each is started on this thread
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // only read
  public static <T extends @Nullable Object> CompletionStage<T> ofAsync(
      Context ctx, AsyncCall<T>... calls) {
    List<AsyncCall<T>> all = checked(calls);
    return PLAIN.callAsync(
        ctx,
        caller -> {
          Race<T> race = race(caller, all.size());
          for (int i = 0; i < all.size(); i++) {
            AsyncCall<T> call = all.get(i);
            race.start(i, Runner.<T>staged(c -> PLAIN.callAsync(c, call)));
          }
          return race.stage();
        });
  }

  private static <T extends @Nullable Object> Race<T> race(Context ctx, int calls) {
    Race<T> race = new Race<>(ctx, Classifier.ofDefaults(), (attempt, verdict) -> {});
    race.enter(calls);
    return race;
  }

  private static <C> List<C> checked(C[] calls) {
    if (calls.length == 0) {
      throw new IllegalArgumentException("calls: none (expected: >= 1)");
    }
    return List.of(calls);
  }
}
