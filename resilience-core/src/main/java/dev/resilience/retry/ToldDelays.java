package dev.resilience.retry;

import dev.resilience.policy.RejectedException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * When somebody says that trying again makes sense: a policy inside that rejected the attempt, or
 * the server, in an exception or a result that the user's rules can read. Immutable.
 */
final class ToldDelays {

  static final ToldDelays OF_REJECTIONS =
      new ToldDelays(RejectedException.class, rejection -> asRejection(rejection), null);

  private final Class<?> type;
  private final Function<Object, Optional<Duration>> rule;
  private final @Nullable ToldDelays older;

  private ToldDelays(
      Class<?> type, Function<Object, Optional<Duration>> rule, @Nullable ToldDelays older) {
    this.type = type;
    this.rule = rule;
    this.older = older;
  }

  private static Optional<Duration> asRejection(Object rejection) {
    return ((RejectedException) rejection).retryAfter();
  }

  /** A rule that is asked before those that are there. */
  <S> ToldDelays with(Class<S> subject, Function<? super S, Optional<Duration>> newRule) {
    Objects.requireNonNull(subject, "type");
    Objects.requireNonNull(newRule, "rule");
    return new ToldDelays(subject, read -> newRule.apply(subject.cast(read)), this);
  }

  /**
   * What is said by what came out of an attempt, if anything is. Zero says nothing: obeying it
   * would hammer.
   */
  Optional<Duration> after(Object outcome) {
    for (ToldDelays told = this; told != null; told = told.older) {
      if (told.type.isInstance(outcome)) {
        Optional<Duration> delay =
            told.rule.apply(outcome).filter(after -> after.compareTo(Duration.ZERO) > 0);
        if (delay.isPresent()) {
          return delay;
        }
      }
    }
    return Optional.empty();
  }
}
