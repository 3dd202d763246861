package dev.resilience.fallback;

import dev.resilience.context.Context;
import dev.resilience.policy.FallbackAnswer;
import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One of the answers, and what the caller may learn of it.
 *
 * @param name which one it is
 * @param asOf tells of a value when it was true; null: that is not known
 */
record NamedFallback<T extends @Nullable Object>(
    String name, FallbackSource<T> option, @Nullable Function<? super T, @Nullable Instant> asOf) {

  NamedFallback<T> within(Duration limit) {
    return new NamedFallback<>(name, option.within(limit), asOf);
  }

  NamedFallback<T> named(String newName) {
    return new NamedFallback<>(newName, option, asOf);
  }

  boolean handles(Verdict verdict, Throwable failure) {
    return option.handles(verdict, failure);
  }

  /** A clock that was set back since makes nothing younger than now. */
  FallbackAnswer<T> answered(Context ctx, T value) {
    FallbackAnswer<T> answer = FallbackAnswer.of(name, value);
    Instant when = asOf == null ? null : asOf.apply(value);
    if (when == null) {
      return answer;
    }
    Duration age = Duration.between(when, ctx.timeSource().instant());
    return answer.withAge(age.isNegative() ? Duration.ZERO : age);
  }
}
