package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RejectedException;
import dev.resilience.error.ResilienceException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The truth table: judges for every policy what became of a call, by whose context ended, and never
 * by which exception came out alone. The rows are {@link Verdict}.
 *
 * <p>Users change what an answer or a failure of the dependency itself means. A rule for a type of
 * this library, such as {@link AttemptTimeoutException}, changes that row; a rule for a wider type,
 * such as {@link RuntimeException}, does not by accident. The rows of the caller's end and of an
 * interruption from outside stay as they are; but where a rule says that an exception is an answer
 * ({@link Verdict#SUCCESS}), it is one after the caller's deadline, too.
 *
 * <pre>{@code
 * Classifier http = Classifier.ofDefaults()
 *     .onFailure(NotFoundException.class, e -> Verdict.SUCCESS)         // an answer like any other
 *     .onResult(HttpResponse.class, r -> r.statusCode() >= 500 ? Verdict.FAILURE : Verdict.SUCCESS);
 * }</pre>
 *
 * <p>By default every result is a success, and every exception a {@link Verdict#FAILURE} that may
 * be tried again, but for the unmistakable programming errors: a {@link NullPointerException},
 * {@link ClassCastException}, {@link IndexOutOfBoundsException} or {@link
 * UnsupportedOperationException} comes again however often it is tried, and is a {@link
 * Verdict#PERMANENT_FAILURE}. A breaker counts it all the same.
 *
 * <p>Immutable; the functions must be thread-safe.
 */
public final class Classifier {

  private static final Classifier DEFAULTS = new Classifier(null, null, Verdict.FAILURE, true);

  private final @Nullable Rule<Throwable> failures;
  private final @Nullable Rule<Object> results;

  /** What an exception is that no rule is about. */
  private final Verdict otherwise;

  private final boolean programmingErrorsAreFinal;

  private Classifier(
      @Nullable Rule<Throwable> failures,
      @Nullable Rule<Object> results,
      Verdict otherwise,
      boolean programmingErrorsAreFinal) {
    this.failures = failures;
    this.results = results;
    this.otherwise = otherwise;
    this.programmingErrorsAreFinal = programmingErrorsAreFinal;
  }

  /**
   * Every result a success, every other exception a {@link Verdict#FAILURE}, programming errors a
   * {@link Verdict#PERMANENT_FAILURE}.
   */
  public static Classifier ofDefaults() {
    return DEFAULTS;
  }

  /**
   * A classifier that also judges failures of a type. The rule that was added last is asked first.
   *
   * @param type of the exception as the work threw it; never an {@link Error}
   * @param rule returns one of {@link Verdict#SUCCESS}, {@link Verdict#FAILURE}, {@link
   *     Verdict#PERMANENT_FAILURE}, {@link Verdict#IGNORED}, {@link Verdict#REJECTED}
   */
  public <E extends Exception> Classifier onFailure(
      Class<E> type, Function<? super E, Verdict> rule) {
    return withFailures(Rule.add(type, rule, failures));
  }

  /**
   * A classifier that also judges failures by a predicate. The rule that was added last is asked
   * first. Asked about exceptions of the dependency only, not about those of this library.
   *
   * @param when must be thread-safe
   * @param verdict as of {@link #onFailure}
   */
  public Classifier onFailureIf(Predicate<? super Exception> when, Verdict verdict) {
    Objects.requireNonNull(when, "when");
    Objects.requireNonNull(verdict, "verdict");
    return withFailures(
        new Rule<>(Exception.class, e -> when.test((Exception) e), e -> verdict, failures));
  }

  /**
   * A classifier by which exceptions of these types are worth another attempt, and no others that
   * no rule is about: those are a {@link Verdict#PERMANENT_FAILURE}. Called several times, it adds
   * types. Time-outs of this library and rejections stay as they are.
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // only read
  public final Classifier retryOn(Class<? extends Exception>... types) {
    Rule<Throwable> rules = failures;
    for (Class<? extends Exception> type : types) {
      if (!AttemptTimeoutException.class.isAssignableFrom(type)
          && !RejectedException.class.isAssignableFrom(type)) {
        rules = Rule.add(type, e -> Verdict.FAILURE, rules);
      }
    }
    return new Classifier(rules, results, Verdict.PERMANENT_FAILURE, programmingErrorsAreFinal);
  }

  /**
   * A classifier by which exceptions of these types are final: a {@link Verdict#PERMANENT_FAILURE},
   * which is not tried again, and counts as a failure for a breaker.
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // only read
  public final Classifier abortOn(Class<? extends Exception>... types) {
    return on(Verdict.PERMANENT_FAILURE, types);
  }

  /**
   * A classifier by which exceptions of these types say nothing of the dependency: {@link
   * Verdict#IGNORED}, which is not tried again, and does not count for a breaker.
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // only read
  public final Classifier ignore(Class<? extends Exception>... types) {
    return on(Verdict.IGNORED, types);
  }

  private Classifier on(Verdict verdict, Class<? extends Exception>[] types) {
    Rule<Throwable> rules = failures;
    for (Class<? extends Exception> type : types) {
      rules = Rule.add(type, e -> verdict, rules);
    }
    return withFailures(rules);
  }

  /**
   * A classifier by which programming errors are failures like any other: for work in which such an
   * exception comes from outside, as a remote {@code NullPointerException}.
   */
  public Classifier retryProgrammingErrors() {
    return new Classifier(failures, results, otherwise, false);
  }

  private Classifier withFailures(@Nullable Rule<Throwable> rules) {
    return new Classifier(rules, results, otherwise, programmingErrorsAreFinal);
  }

  /**
   * A classifier that also judges results of a type. The rule that was added last is asked first.
   *
   * @param type of the result
   * @param rule returns one of {@link Verdict#SUCCESS}, {@link Verdict#FAILURE}, {@link
   *     Verdict#PERMANENT_FAILURE}, {@link Verdict#IGNORED}, {@link Verdict#REJECTED}
   */
  public <R> Classifier onResult(Class<R> type, Function<? super R, Verdict> rule) {
    return new Classifier(
        failures, Rule.add(type, rule, results), otherwise, programmingErrorsAreFinal);
  }

  /** Judges a result. Costs nothing where no rule for results was given. */
  public Verdict judgeResult(@Nullable Object result) {
    if (results == null || result == null) {
      return Verdict.SUCCESS;
    }
    Verdict verdict = Rule.ask(results, result);
    return verdict != null ? verdict : Verdict.SUCCESS;
  }

  /**
   * Judges a failure that came out of the inner part of a stack; a caller's deadline that passed
   * during the call counts against the dependency, unless an inner limit tells that the call had no
   * fair chance.
   *
   * @param caller the context that the policy was called with, not one it derived
   * @param failure as it came out, not wrapped
   */
  public Verdict judge(Context caller, Throwable failure) {
    return judge(caller, failure, true);
  }

  /**
   * Judges a failure that came out of the inner part of a stack.
   *
   * @param caller the context that the policy was called with, not one it derived
   * @param failure as it came out, not wrapped
   * @param fairChance whether a call that the caller's deadline cut off had a fair chance; asked
   *     only where no inner limit tells: half of that limit is fair
   */
  public Verdict judge(Context caller, Throwable failure, boolean fairChance) {
    ContextException end = caller.error();
    if (end instanceof ContextCancelledException) {
      return Verdict.CALLER_CANCELLED;
    }
    if (failure instanceof CallInterruptedException) {
      // Made only while the context lived: the interruption came before the end.
      return Verdict.INTERRUPTED;
    }
    if (end != null) {
      return judgeExpired(failure, fairChance);
    }
    if (failure instanceof Error) {
      return Verdict.FATAL;
    }
    if (failure instanceof InterruptedException) {
      return Verdict.INTERRUPTED;
    }
    Verdict verdict = failures == null ? null : Rule.ask(failures, failure);
    if (verdict != null) {
      return verdict;
    }
    if (failure instanceof AttemptTimeoutException) {
      return Verdict.TIMED_OUT;
    }
    if (failure instanceof NoTimeLeftException) {
      return Verdict.NO_TIME_LEFT;
    }
    if (failure instanceof RejectedException) {
      return Verdict.REJECTED;
    }
    return programmingErrorsAreFinal && isProgrammingError(failure)
        ? Verdict.PERMANENT_FAILURE
        : otherwise;
  }

  private static boolean isProgrammingError(Throwable failure) {
    return failure instanceof NullPointerException
        || failure instanceof ClassCastException
        || failure instanceof IndexOutOfBoundsException
        || failure instanceof UnsupportedOperationException;
  }

  private Verdict judgeExpired(Throwable failure, boolean fairChance) {
    if (failure instanceof RejectedException || wasNotDispatched(failure)) {
      return Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH;
    }
    if (failures != null && !(failure instanceof Error || failure instanceof ContextException)) {
      Verdict verdict = Rule.ask(failures, failure);
      if (verdict == Verdict.SUCCESS) {
        // An answer in the shape of an exception; like any success it may come after the end.
        return Verdict.SUCCESS;
      }
      if (verdict == Verdict.REJECTED) {
        return Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH;
      }
    }
    return hadFairChance(failure, fairChance)
        ? Verdict.DEADLINE_EXCEEDED
        : Verdict.DEADLINE_EXCEEDED_EARLY;
  }

  /** A limit policy found the caller's time used up, and says so by a run of no length. */
  private static boolean wasNotDispatched(Throwable failure) {
    return failure instanceof DeadlineExceededException exceeded
        && exceeded.ran().isPresent()
        && exceeded.ran().get().isZero();
  }

  private static boolean hadFairChance(Throwable failure, boolean otherwise) {
    if (failure instanceof AttemptTimeoutException) {
      // It had a whole limit before the caller's deadline passed as well.
      return true;
    }
    if (failure instanceof DeadlineExceededException exceeded
        && exceeded.ran().isPresent()
        && exceeded.limit().isPresent()) {
      Duration fair = exceeded.limit().get().dividedBy(2);
      return exceeded.ran().get().compareTo(fair) >= 0;
    }
    return otherwise;
  }

  /** A chain of rules, the newest first. */
  private record Rule<S>(
      Class<?> type,
      Predicate<Object> when,
      Function<Object, Verdict> verdict,
      @Nullable Rule<S> older) {

    static <S, R extends S> Rule<S> add(
        Class<R> type, Function<? super R, Verdict> verdict, @Nullable Rule<S> older) {
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(verdict, "rule");
      return new Rule<>(
          type, type::isInstance, subject -> verdict.apply(type.cast(subject)), older);
    }

    static <S> @Nullable Verdict ask(Rule<S> newest, S subject) {
      for (Rule<S> rule = newest; rule != null; rule = rule.older) {
        if (rule.applies(subject)) {
          return checked(rule.verdict.apply(subject), subject);
        }
      }
      return null;
    }

    /** What this library throws itself is meant only by a rule that names it. */
    private boolean applies(Object subject) {
      return type.isInstance(subject)
          && (!(subject instanceof ResilienceException)
              || ResilienceException.class.isAssignableFrom(type))
          && when.test(subject);
    }

    private static Verdict checked(@Nullable Verdict verdict, Object subject) {
      if (verdict == null) {
        throw wrong("null", subject);
      }
      return switch (verdict) {
        case SUCCESS, FAILURE, PERMANENT_FAILURE, IGNORED, REJECTED -> verdict;
        default -> throw wrong(verdict.name(), subject);
      };
    }

    private static IllegalStateException wrong(String verdict, Object subject) {
      return new IllegalStateException(
          "a classifier said "
              + verdict
              + " of a "
              + subject.getClass().getName()
              + " (expected: SUCCESS, FAILURE, PERMANENT_FAILURE, IGNORED or REJECTED)");
    }
  }
}
