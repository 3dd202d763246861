package dev.resilience.hedge;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.DiscardRules;
import dev.resilience.policy.PolicyChain;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.BoundedStage;
import dev.resilience.text.SafeText;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes several different calls for the same thing at once; the first good result wins.
 *
 * <pre>{@code
 * Quote quote = FirstSuccess.race(ctx, c -> europe.quote(c, order), c -> america.quote(c, order));
 * }</pre>
 *
 * or, where somebody wants to hear of it, or not every result is good:
 *
 * <pre>{@code
 * FirstSuccess quotes =
 *     FirstSuccess.builder("quotes").classifier(http).listener(log).build();
 * Quote quote = quotes.call(ctx, c -> europe.quote(c, order), c -> america.quote(c, order));
 * }</pre>
 *
 * <p>The contexts of the other calls end with {@link
 * dev.resilience.context.CancelReason#SUPERSEDED} before the caller has the result. When all calls
 * fail, the last failure is thrown, with the others suppressed. An {@link Error} of one ends them
 * all, and so does what a {@link Classifier} calls permanent or ignored. When the caller's context
 * ends, so do the calls.
 *
 * <p>Immutable and thread-safe. Each blocking call runs on a thread of the time source's executor;
 * the caller waits.
 */
public final class FirstSuccess {

  /** Binds a call to its context, and does nothing else. */
  private static final PolicyChain PLAIN = PolicyChain.of();

  private static final FirstSuccess DEFAULTS = builder().build();

  private final Classifier classifier;
  private final DiscardRules discards;
  private final RaceEvents events;

  private FirstSuccess(Builder builder) {
    this.classifier = builder.classifier;
    this.discards = builder.discards;
    this.events = new RaceEvents(builder.name, builder.listener);
  }

  /** Returns a builder with all defaults set, for one that is named {@code first success}. */
  public static Builder builder() {
    return builder("first success");
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name in events, reports and messages
   */
  public static Builder builder(String name) {
    return new Builder(SafeText.name(name));
  }

  /**
   * Makes the calls and waits for the first result.
   *
   * @param ctx the caller's context
   * @param calls at least one
   * @throws X what the call threw that failed last
   * @throws dev.resilience.context.ContextException if the context ends first
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // only passed on
  public static <T extends @Nullable Object, X extends Throwable> T race(
      Context ctx, Call<T, X>... calls) throws X {
    return DEFAULTS.call(ctx, calls);
  }

  /**
   * Starts the calls and returns at once. To cancel the future of the stage cancels the calls.
   *
   * @param ctx the caller's context
   * @param calls at least one; each is started on this thread
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // only passed on
  public static <T extends @Nullable Object> CompletionStage<T> raceAsync(
      Context ctx, AsyncCall<T>... calls) {
    return DEFAULTS.callAsync(ctx, calls);
  }

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
  public final <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Call<T, X>... calls) throws X {
    List<Call<T, X>> all = checked(calls);
    ctx.throwIfDone();
    Race<T> race = race(ctx, all.size());
    for (int i = 0; i < all.size(); i++) {
      Call<T, X> call = all.get(i);
      race.start(i, AttemptStarter.<T>blocking(c -> PLAIN.call(c, call)));
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
  public final <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, AsyncCall<T>... calls) {
    List<AsyncCall<T>> all = checked(calls);
    return PLAIN.callAsync(
        ctx,
        caller -> {
          Race<T> race = race(caller, all.size());
          for (int i = 0; i < all.size(); i++) {
            AsyncCall<T> call = all.get(i);
            AsyncCall<T> watched =
                discards.isEmpty()
                    ? call
                    : c -> BoundedStage.of(c, call.call(c), discards::discard);
            race.start(i, AttemptStarter.<T>staged(c -> PLAIN.callAsync(c, watched)));
          }
          return race.stage();
        });
  }

  private <T extends @Nullable Object> Race<T> race(Context ctx, int calls) {
    Race<T> race = new Race<>(ctx, classifier, discards, new Finish(ctx, calls));
    race.enter(calls);
    return race;
  }

  private static <C> List<C> checked(C[] calls) {
    if (calls.length == 0) {
      throw new IllegalArgumentException("calls: none (expected: >= 1)");
    }
    return List.of(calls);
  }

  @Override
  public String toString() {
    return events.name();
  }

  /** Looks at the end only. */
  private final class Finish implements Race.Watcher {

    private final Context caller;
    private final int calls;

    Finish(Context caller, int calls) {
      this.caller = caller;
      this.calls = calls;
    }

    @Override
    public void finished(int attempt, Verdict verdict) {}

    @Override
    public void decided(int winner) {
      events.decided(caller, winner, calls);
    }
  }

  /** Builds a {@link FirstSuccess}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private Classifier classifier = Classifier.ofDefaults().retryProgrammingErrors();
    private DiscardRules discards = DiscardRules.none();
    private PolicyListener listener = PolicyListener.none();

    private Builder(String name) {
      this.name = name;
    }

    /**
     * Judges what is a good result. Default: {@link Classifier#ofDefaults}, by which all are; a
     * programming error in one call does not end the others.
     */
    public Builder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /**
     * What to do with a result of this type that is not the answer, such as to close a response.
     * Default: it is dropped.
     *
     * @param type of the result
     * @param action must be thread-safe; what it throws is logged
     */
    public <R> Builder onDiscard(Class<R> type, Consumer<? super R> action) {
      discards = discards.with(type, action);
      return this;
    }

    /** Hears who won, and of races that nobody won. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /** The races. */
    public FirstSuccess build() {
      return new FirstSuccess(this);
    }
  }
}
