package dev.resilience.fallback;

import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.RejectedException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.BadResultException;
import dev.resilience.policy.Fallback;
import dev.resilience.policy.FallbackAnswer;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.Stages;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What to answer instead when a call fails: one answer, or several that are asked in order.
 *
 * <pre>{@code
 * Fallbacks<Quote> fallbacks =
 *     Fallbacks.onOpenCircuit((c, e) -> stale.quote(c))
 *         .within(ofMillis(100))
 *         .or(Fallbacks.onTimeout((c, e) -> estimate.quote(c)))
 *         .otherwise(Quote.NONE);
 * Quote quote = payments.withFallback(fallbacks).call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <p>The first answer that is meant for the failure is asked. When it fails itself, the next one
 * that is meant for the original failure is asked, and so on. When none is left, the caller gets
 * the original failure, with those of the answers suppressed. No answer is asked when the caller
 * cancelled, or cancels meanwhile: nobody is left to hear it.
 *
 * <p>An answer works under a context of its own, that has the caller's values and cancellation, but
 * not the caller's deadline, which may have passed: it has at most {@link #within} to answer,
 * {@value #DEFAULT_MILLIS} ms by default, each one anew. At that limit a blocking answer is
 * interrupted.
 *
 * <p>Who has to know that it got one of these asks for a {@code Degraded} result, which says which
 * one it is ({@link #named}), why it was needed, and how old it is ({@link #asOf}). The answers of
 * all operations of a service are kept together in {@link OperationFallbacks}.
 *
 * <p>Both kinds of answers serve both kinds of calls: for {@code callAsync} a blocking answer runs
 * on the executor of the time source, and for {@code call} an asynchronous one is waited for.
 *
 * <p>Immutable, and thread-safe if the answers are.
 *
 * @param <T> the type of the answers
 */
public final class Fallbacks<T extends @Nullable Object> implements Fallback<T> {

  private static final int DEFAULT_MILLIS = 1000;
  private static final Duration DEFAULT_LIMIT = Duration.ofMillis(DEFAULT_MILLIS);

  private final String name;
  private final List<NamedFallback<? extends T>> choices;
  private final PolicyListener listener;

  private Fallbacks(
      String name, List<NamedFallback<? extends T>> choices, PolicyListener listener) {
    this.name = name;
    this.choices = choices;
    this.listener = listener;
  }

  // ---- blocking answers

  /** An answer for when a circuit breaker did not let the call through. */
  public static <T extends @Nullable Object> Fallbacks<T> onOpenCircuit(
      FallbackFunction<T, CircuitOpenException> answer) {
    return on("open circuit", CircuitOpenException.class, answer);
  }

  /** An answer for when the call was not let through: by a circuit, a limit, for want of time. */
  public static <T extends @Nullable Object> Fallbacks<T> onRejection(
      FallbackFunction<T, RejectedException> answer) {
    return on("rejection", RejectedException.class, answer);
  }

  /**
   * An answer for when time was up: the limit of a policy, the caller's deadline, or too little
   * time left to begin. The failure may then be any, because it is not its class that tells.
   */
  public static <T extends @Nullable Object> Fallbacks<T> onTimeout(
      FallbackFunction<T, Throwable> answer) {
    return single("timeout", Fallbacks::isTimeout, Throwable.class, answer);
  }

  /**
   * An answer for failures of a type.
   *
   * @param type of the exception as the work threw it
   * @param answer gets the exception
   */
  public static <T extends @Nullable Object, E extends Exception> Fallbacks<T> onFailure(
      Class<E> type, FallbackFunction<T, E> answer) {
    return on(Objects.requireNonNull(type, "type").getSimpleName(), type, answer);
  }

  /** An answer for whatever allows one. */
  public static <T extends @Nullable Object> Fallbacks<T> onAny(
      FallbackFunction<T, Throwable> answer) {
    return on("any", Throwable.class, answer);
  }

  /**
   * An answer for when the dependency returned what the {@linkplain
   * dev.resilience.WithFallback#judgedBy classifier} of the fallback judges a failure.
   */
  public static <T extends @Nullable Object> Fallbacks<T> onBadResult(
      FallbackFunction<T, BadResultException> answer) {
    return on("bad result", BadResultException.class, answer);
  }

  // ---- asynchronous answers

  /** As {@link #onOpenCircuit}. */
  public static <T extends @Nullable Object> Fallbacks<T> onOpenCircuitAsync(
      AsyncFallbackFunction<T, CircuitOpenException> answer) {
    return onAsync("open circuit", CircuitOpenException.class, answer);
  }

  /** As {@link #onRejection}. */
  public static <T extends @Nullable Object> Fallbacks<T> onRejectionAsync(
      AsyncFallbackFunction<T, RejectedException> answer) {
    return onAsync("rejection", RejectedException.class, answer);
  }

  /** As {@link #onTimeout}. */
  public static <T extends @Nullable Object> Fallbacks<T> onTimeoutAsync(
      AsyncFallbackFunction<T, Throwable> answer) {
    return singleAsync("timeout", Fallbacks::isTimeout, Throwable.class, answer);
  }

  /**
   * As {@link #onFailure}.
   *
   * @param type of the exception as the work threw it
   * @param answer gets the exception
   */
  public static <T extends @Nullable Object, E extends Exception> Fallbacks<T> onFailureAsync(
      Class<E> type, AsyncFallbackFunction<T, E> answer) {
    return onAsync(Objects.requireNonNull(type, "type").getSimpleName(), type, answer);
  }

  /** As {@link #onAny}. */
  public static <T extends @Nullable Object> Fallbacks<T> onAnyAsync(
      AsyncFallbackFunction<T, Throwable> answer) {
    return onAsync("any", Throwable.class, answer);
  }

  /** As {@link #onBadResult}. */
  public static <T extends @Nullable Object> Fallbacks<T> onBadResultAsync(
      AsyncFallbackFunction<T, BadResultException> answer) {
    return onAsync("bad result", BadResultException.class, answer);
  }

  /** A constant, for whatever allows a fallback. */
  public static <T extends @Nullable Object> Fallbacks<T> ofValue(T value) {
    return of("value", new FallbackSource.Constant<>(value));
  }

  // ---- combining

  /**
   * These answers, and then those. Name and listener stay those of this.
   *
   * @param next asked where none of these is meant, or each that is has failed
   */
  public Fallbacks<T> or(Fallbacks<? extends T> next) {
    List<NamedFallback<? extends T>> all = new ArrayList<>(choices);
    all.addAll(next.choices);
    return new Fallbacks<>(name, List.copyOf(all), listener);
  }

  /**
   * These answers, and then a constant for whatever allows a fallback.
   *
   * @param value the last answer
   */
  public Fallbacks<T> otherwise(T value) {
    return or(ofValue(value));
  }

  /**
   * The same answers with another time limit, each for itself; answers that are added later have
   * their own.
   *
   * @param limit positive. Default: one second
   */
  public Fallbacks<T> within(Duration limit) {
    Durations.requirePositive(limit, "limit");
    return each(choice -> choice.within(limit));
  }

  /**
   * The same answers, of which it can be told how old they are: see {@link
   * dev.resilience.Degraded#age}. Answers that are added later have their own. Default: that is not
   * known.
   *
   * @param when tells of an answer when it was true; null: that is not known
   */
  public Fallbacks<T> asOf(Function<? super T, @Nullable Instant> when) {
    Objects.requireNonNull(when, "when");
    return each(choice -> asOf(choice, when));
  }

  private static <U extends @Nullable Object> NamedFallback<U> asOf(
      NamedFallback<U> choice, Function<? super U, @Nullable Instant> when) {
    return new NamedFallback<>(choice.name(), choice.option(), when);
  }

  /**
   * The same with a name for events and messages, by default {@code fallback}. A single answer gets
   * it, too, for {@link dev.resilience.Degraded#fallback}; by default that says what it is for,
   * such as {@code open circuit}. Answers that were joined with {@link #or} keep their own.
   */
  public Fallbacks<T> named(String newName) {
    String shown = SafeText.name(newName);
    Fallbacks<T> answers = choices.size() == 1 ? each(choice -> choice.named(shown)) : this;
    return new Fallbacks<>(shown, answers.choices, listener);
  }

  /** The same under the name of an operation; its answers keep theirs. */
  Fallbacks<T> forOperation(String operation) {
    return new Fallbacks<>(SafeText.of(operation), choices, listener);
  }

  /** The same answers with a listener that hears what came of asking them. Default: nobody. */
  public Fallbacks<T> listener(PolicyListener newListener) {
    return new Fallbacks<>(name, choices, PolicyListener.contained(newListener));
  }

  private Fallbacks<T> each(UnaryOperator<NamedFallback<? extends T>> change) {
    List<NamedFallback<? extends T>> changed = new ArrayList<>(choices.size());
    for (NamedFallback<? extends T> choice : choices) {
      changed.add(change.apply(choice));
    }
    return new Fallbacks<>(name, List.copyOf(changed), listener);
  }

  /** The same for an operation of which only the type is known. An answer that is none fails. */
  <U> Fallbacks<U> checked(Class<U> type) {
    List<NamedFallback<? extends U>> checked = new ArrayList<>(choices.size());
    for (NamedFallback<? extends T> choice : choices) {
      checked.add(checked(choice, type));
    }
    return new Fallbacks<>(name, List.copyOf(checked), listener);
  }

  private static <S extends @Nullable Object, U> NamedFallback<U> checked(
      NamedFallback<S> choice, Class<U> type) {
    Function<? super S, @Nullable Instant> when = choice.asOf();
    return new NamedFallback<>(
        choice.name(),
        new FallbackSource.Checked<>(choice.option(), type),
        when == null ? null : value -> when.apply(Fallbacks.<S>asGiven(value)));
  }

  // It is what an answer of type S gave.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <S extends @Nullable Object> S asGiven(Object value) {
    return (S) value;
  }

  // ---- answering

  @Override
  public boolean handles(Verdict verdict, Throwable failure) {
    for (NamedFallback<? extends T> choice : choices) {
      if (choice.handles(verdict, failure)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public FallbackAnswer<T> answer(Context ctx, Verdict verdict, Throwable failure)
      throws Exception {
    FallbackAnswer<T> answer;
    try {
      answer = new FallbackExecution<T>(name, ctx, verdict, failure).answer(choices);
    } catch (Throwable last) {
      listener.on(ctx, new PolicyEvent.FallbackFailed(name, verdict, failure, last));
      throw last;
    }
    tell(ctx, answer, verdict, failure);
    return answer;
  }

  @Override
  public CompletionStage<FallbackAnswer<T>> answerAsync(
      Context ctx, Verdict verdict, Throwable failure) {
    CompletableFuture<FallbackAnswer<T>> answered = new CompletableFuture<>();
    Stages.watch(
        new FallbackExecution<T>(name, ctx, verdict, failure).answerAsync(choices),
        answered,
        (answer, last) -> {
          if (last == null) {
            tell(ctx, answer, verdict, failure);
          } else {
            listener.on(ctx, new PolicyEvent.FallbackFailed(name, verdict, failure, last));
          }
          Stages.complete(answered, answer, last);
        });
    return answered;
  }

  private void tell(Context ctx, FallbackAnswer<T> answer, Verdict verdict, Throwable failure) {
    String which = answer.name();
    listener.on(ctx, new PolicyEvent.FallbackAnswered(name, which, verdict, failure));
  }

  /** The name, and those of the answers in order. */
  @Override
  public String toString() {
    String answers = choices.stream().map(NamedFallback::name).collect(Collectors.joining(", "));
    return answers.equals(name) ? name : name + " (" + answers + ")";
  }

  private static boolean isTimeout(Verdict verdict, Throwable failure) {
    return switch (verdict) {
      case DEADLINE_EXCEEDED_BEFORE_DISPATCH,
          DEADLINE_EXCEEDED,
          DEADLINE_EXCEEDED_EARLY,
          TIMED_OUT,
          NO_TIME_LEFT ->
          true;
      default -> false;
    };
  }

  /** A bad result is no exception that the work threw: only who means it gets it, or means all. */
  private static boolean isOf(Class<?> type, Throwable failure) {
    return type.isInstance(failure)
        && (!(failure instanceof BadResultException)
            || type == BadResultException.class
            || type == Throwable.class);
  }

  private static <T extends @Nullable Object, E extends Throwable> Fallbacks<T> on(
      String name, Class<E> type, FallbackFunction<T, E> answer) {
    return single(name, (verdict, failure) -> isOf(type, failure), type, answer);
  }

  private static <T extends @Nullable Object, E extends Throwable> Fallbacks<T> single(
      String name,
      BiPredicate<Verdict, Throwable> when,
      Class<E> type,
      FallbackFunction<T, E> answer) {
    Objects.requireNonNull(answer, "answer");
    return of(
        name,
        new FallbackSource.Blocking<>(
            when, (ctx, failure) -> answer.answer(ctx, type.cast(failure)), DEFAULT_LIMIT));
  }

  private static <T extends @Nullable Object, E extends Throwable> Fallbacks<T> onAsync(
      String name, Class<E> type, AsyncFallbackFunction<T, E> answer) {
    return singleAsync(name, (verdict, failure) -> isOf(type, failure), type, answer);
  }

  private static <T extends @Nullable Object, E extends Throwable> Fallbacks<T> singleAsync(
      String name,
      BiPredicate<Verdict, Throwable> when,
      Class<E> type,
      AsyncFallbackFunction<T, E> answer) {
    Objects.requireNonNull(answer, "answer");
    return of(
        name,
        new FallbackSource.Staged<>(
            when, (ctx, failure) -> answer.answer(ctx, type.cast(failure)), DEFAULT_LIMIT));
  }

  private static <T extends @Nullable Object> Fallbacks<T> of(
      String name, FallbackSource<T> option) {
    return new Fallbacks<>(
        "fallback", List.of(new NamedFallback<>(name, option, null)), PolicyListener.none());
  }
}
