package dev.resilience.fallback;

import dev.resilience.context.Context;
import dev.resilience.policy.Alternative;
import dev.resilience.policy.CircuitOpenException;
import dev.resilience.policy.PolicyEvent;
import dev.resilience.policy.PolicyListener;
import dev.resilience.policy.RejectedException;
import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.BiPredicate;
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
 * <p>Both kinds of answers serve both kinds of calls: for {@code callAsync} a blocking answer runs
 * on the executor of the time source, and for {@code call} an asynchronous one is waited for.
 *
 * <p>Immutable, and thread-safe if the answers are.
 *
 * @param <T> the type of the answers
 */
public final class Fallbacks<T extends @Nullable Object> implements Alternative<T> {

  private static final int DEFAULT_MILLIS = 1000;
  private static final Duration DEFAULT_LIMIT = Duration.ofMillis(DEFAULT_MILLIS);

  private final String name;
  private final List<Option<? extends T>> options;
  private final PolicyListener listener;

  private Fallbacks(String name, List<Option<? extends T>> options, PolicyListener listener) {
    this.name = name;
    this.options = options;
    this.listener = listener;
  }

  // ---- blocking answers

  /** An answer for when a circuit breaker did not let the call through. */
  public static <T extends @Nullable Object> Fallbacks<T> onOpenCircuit(
      Answer<T, CircuitOpenException> answer) {
    return on(CircuitOpenException.class, answer);
  }

  /** An answer for when the call was not let through: by a circuit, a limit, for want of time. */
  public static <T extends @Nullable Object> Fallbacks<T> onRejection(
      Answer<T, RejectedException> answer) {
    return on(RejectedException.class, answer);
  }

  /**
   * An answer for when time was up: the limit of a policy, the caller's deadline, or too little
   * time left to begin. The failure may then be any, because it is not its class that tells.
   */
  public static <T extends @Nullable Object> Fallbacks<T> onTimeout(Answer<T, Throwable> answer) {
    return single(Fallbacks::isTimeout, Throwable.class, answer);
  }

  /**
   * An answer for failures of a type.
   *
   * @param type of the exception as the work threw it
   * @param answer gets the exception
   */
  public static <T extends @Nullable Object, E extends Exception> Fallbacks<T> onFailure(
      Class<E> type, Answer<T, E> answer) {
    return on(type, answer);
  }

  /** An answer for whatever allows one. */
  public static <T extends @Nullable Object> Fallbacks<T> onAny(Answer<T, Throwable> answer) {
    return on(Throwable.class, answer);
  }

  // ---- asynchronous answers

  /** As {@link #onOpenCircuit}. */
  public static <T extends @Nullable Object> Fallbacks<T> onOpenCircuitAsync(
      AsyncAnswer<T, CircuitOpenException> answer) {
    return onAsync(CircuitOpenException.class, answer);
  }

  /** As {@link #onRejection}. */
  public static <T extends @Nullable Object> Fallbacks<T> onRejectionAsync(
      AsyncAnswer<T, RejectedException> answer) {
    return onAsync(RejectedException.class, answer);
  }

  /** As {@link #onTimeout}. */
  public static <T extends @Nullable Object> Fallbacks<T> onTimeoutAsync(
      AsyncAnswer<T, Throwable> answer) {
    return singleAsync(Fallbacks::isTimeout, Throwable.class, answer);
  }

  /**
   * As {@link #onFailure}.
   *
   * @param type of the exception as the work threw it
   * @param answer gets the exception
   */
  public static <T extends @Nullable Object, E extends Exception> Fallbacks<T> onFailureAsync(
      Class<E> type, AsyncAnswer<T, E> answer) {
    return onAsync(type, answer);
  }

  /** As {@link #onAny}. */
  public static <T extends @Nullable Object> Fallbacks<T> onAnyAsync(
      AsyncAnswer<T, Throwable> answer) {
    return onAsync(Throwable.class, answer);
  }

  /** A constant, for whatever allows a fallback. */
  public static <T extends @Nullable Object> Fallbacks<T> ofValue(T value) {
    return of(new Option.Constant<>(value));
  }

  // ---- combining

  /**
   * These answers, and then those. Name and listener stay those of this.
   *
   * @param next asked where none of these is meant, or each that is has failed
   */
  public Fallbacks<T> or(Fallbacks<? extends T> next) {
    List<Option<? extends T>> all = new ArrayList<>(options);
    all.addAll(next.options);
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
    Objects.requireNonNull(limit, "limit");
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("limit: " + limit + " (expected: > 0)");
    }
    List<Option<? extends T>> limited = new ArrayList<>(options.size());
    for (Option<? extends T> option : options) {
      limited.add(option.within(limit));
    }
    return new Fallbacks<>(name, List.copyOf(limited), listener);
  }

  /** The same answers with a name for events and messages. Default: {@code fallback}. */
  public Fallbacks<T> named(String newName) {
    return new Fallbacks<>(Objects.requireNonNull(newName, "name"), options, listener);
  }

  /** The same answers with a listener that hears of each answer given. Default: nobody. */
  public Fallbacks<T> listener(PolicyListener newListener) {
    return new Fallbacks<>(name, options, PolicyListener.contained(newListener));
  }

  // ---- answering

  @Override
  public boolean handles(Verdict verdict, Throwable failure) {
    for (Option<? extends T> option : options) {
      if (option.handles(verdict, failure)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public T answer(Context ctx, Verdict verdict, Throwable failure) throws Exception {
    T answer = new Asking<T>(name, ctx, verdict, failure).answer(options);
    listener.on(new PolicyEvent.FallbackAnswered(name, verdict, failure));
    return answer;
  }

  @Override
  public CompletionStage<T> answerAsync(Context ctx, Verdict verdict, Throwable failure) {
    CompletionStage<T> answer = new Asking<T>(name, ctx, verdict, failure).answerAsync(options);
    return answer.whenComplete(
        (value, second) -> {
          if (second == null) {
            listener.on(new PolicyEvent.FallbackAnswered(name, verdict, failure));
          }
        });
  }

  @Override
  public String toString() {
    return name;
  }

  private static boolean isTimeout(Verdict verdict, Throwable failure) {
    return switch (verdict) {
      case EXPIRED_BEFORE_DISPATCH, EXPIRED, EXPIRED_EARLY, LIMIT_PASSED, NO_TIME_LEFT -> true;
      default -> false;
    };
  }

  private static <T extends @Nullable Object, E extends Throwable> Fallbacks<T> on(
      Class<E> type, Answer<T, E> answer) {
    Objects.requireNonNull(type, "type");
    return single((verdict, failure) -> type.isInstance(failure), type, answer);
  }

  private static <T extends @Nullable Object, E extends Throwable> Fallbacks<T> single(
      BiPredicate<Verdict, Throwable> when, Class<E> type, Answer<T, E> answer) {
    Objects.requireNonNull(answer, "answer");
    return of(
        new Option.Blocking<>(
            when, (ctx, failure) -> answer.answer(ctx, type.cast(failure)), DEFAULT_LIMIT));
  }

  private static <T extends @Nullable Object, E extends Throwable> Fallbacks<T> onAsync(
      Class<E> type, AsyncAnswer<T, E> answer) {
    Objects.requireNonNull(type, "type");
    return singleAsync((verdict, failure) -> type.isInstance(failure), type, answer);
  }

  private static <T extends @Nullable Object, E extends Throwable> Fallbacks<T> singleAsync(
      BiPredicate<Verdict, Throwable> when, Class<E> type, AsyncAnswer<T, E> answer) {
    Objects.requireNonNull(answer, "answer");
    return of(
        new Option.Staged<>(
            when, (ctx, failure) -> answer.answer(ctx, type.cast(failure)), DEFAULT_LIMIT));
  }

  private static <T extends @Nullable Object> Fallbacks<T> of(Option<T> option) {
    return new Fallbacks<>("fallback", List.of(option), PolicyListener.none());
  }
}
