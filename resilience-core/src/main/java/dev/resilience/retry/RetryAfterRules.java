package dev.resilience.retry;

import dev.resilience.error.RejectedException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * When somebody says that trying again makes sense: a policy inside that rejected the attempt, or
 * the server, in an exception or a result that the user's rules can read. Immutable.
 */
final class RetryAfterRules {

  static final RetryAfterRules OF_REJECTIONS =
      new RetryAfterRules(RejectedException.class, rejection -> asRejection(rejection), null);

  private final Class<?> type;
  private final Function<Object, Optional<Duration>> rule;
  private final @Nullable RetryAfterRules older;

  private RetryAfterRules(
      Class<?> type, Function<Object, Optional<Duration>> rule, @Nullable RetryAfterRules older) {
    this.type = type;
    this.rule = rule;
    this.older = older;
  }

  private static Optional<Duration> asRejection(Object rejection) {
    return ((RejectedException) rejection).retryAfter();
  }

  /** A rule that is asked before those that are there. */
  <S> RetryAfterRules with(Class<S> subject, Function<? super S, Optional<Duration>> newRule) {
    Objects.requireNonNull(subject, "type");
    Objects.requireNonNull(newRule, "rule");
    return new RetryAfterRules(subject, read -> newRule.apply(subject.cast(read)), this);
  }

  /**
   * What is said by what came out of an attempt, if anything is. Zero says nothing: obeying it
   * would hammer.
   */
  Optional<Duration> after(Object outcome) {
    for (RetryAfterRules told = this; told != null; told = told.older) {
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
