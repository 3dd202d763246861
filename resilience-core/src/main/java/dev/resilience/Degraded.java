package dev.resilience;

import dev.resilience.policy.BadResultException;
import dev.resilience.policy.FallbackAnswer;
import dev.resilience.policy.Verdict;
import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A result that says whether it is the real one, or what a fallback answered instead; got with
 * {@link WithFallback#callDegradable}.
 *
 * <pre>{@code
 * Degraded<Quote> quote =
 *     payments.withFallback(fallbacks).callDegradable(ctx, c -> api.quote(c, order));
 * if (quote.isDegraded()) {
 *   page.note("prices of " + quote.age().orElseThrow() + " ago");
 * }
 * page.show(quote.value());
 * }</pre>
 *
 * <p>Immutable. Costs one small object for each call.
 *
 * @param <T> the type of the result
 */
public final class Degraded<T extends @Nullable Object> {

  private final T value;
  private final @Nullable Origin origin;

  private Degraded(T value, @Nullable Origin origin) {
    this.value = value;
    this.origin = origin;
  }

  /** What the work itself returned. */
  static <T extends @Nullable Object> Degraded<T> not(T value) {
    return new Degraded<>(value, null);
  }

  /** What a fallback answered to a failure. */
  static <T extends @Nullable Object> Degraded<T> by(
      FallbackAnswer<? extends T> answer, Verdict verdict, Throwable failure) {
    return new Degraded<>(
        answer.value(), new Origin(answer.name(), verdict, failure, answer.age().orElse(null)));
  }

  /** The result, whoever gave it. */
  public T value() {
    return value;
  }

  /** Whether a fallback gave the result. */
  public boolean isDegraded() {
    return origin != null;
  }

  /** The name of the answer that gave it; empty if it is not degraded. */
  public Optional<String> fallback() {
    return Optional.ofNullable(origin).map(Origin::fallback);
  }

  /** What became of the call itself; empty if it is not degraded. */
  public Optional<Verdict> verdict() {
    return Optional.ofNullable(origin).map(Origin::verdict);
  }

  /**
   * What came out of the call itself, with the failures of the answers that were asked before
   * suppressed; a {@link BadResultException} if that was a result. Empty if it is not degraded.
   */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(origin).map(Origin::failure);
  }

  /** How old the value is; empty where nobody knows, and if it is not degraded. */
  public Optional<Duration> age() {
    return Optional.ofNullable(origin).map(Origin::age);
  }

  /** Says how it came about, and not the value, which may be large or not for everybody's eyes. */
  @Override
  public String toString() {
    Origin known = origin;
    if (known == null) {
      return "not degraded";
    }
    Duration age = known.age();
    return "degraded: '"
        + known.fallback()
        + "' for "
        + known.verdict()
        + (age == null ? "" : ", " + DurationText.of(age) + " old");
  }

  private record Origin(
      String fallback, Verdict verdict, Throwable failure, @Nullable Duration age) {}
}
