package dev.resilience.policy;

import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Fallback} answered. Immutable.
 *
 * @param <T> the type of the answer
 */
public final class FallbackAnswer<T extends @Nullable Object> {

  private final String name;
  private final T value;
  private final @Nullable Duration age;

  private FallbackAnswer(String name, T value, @Nullable Duration age) {
    this.name = name;
    this.value = value;
    this.age = age;
  }

  /**
   * An answer of unknown age.
   *
   * @param name of the answer, for reports and for the caller
   * @param value the answer
   */
  public static <T extends @Nullable Object> FallbackAnswer<T> of(String name, T value) {
    return new FallbackAnswer<>(SafeText.name(name), value, null);
  }

  /**
   * The same answer, of a known age.
   *
   * @param newAge of the value; zero or more
   */
  public FallbackAnswer<T> withAge(Duration newAge) {
    Durations.requireNotNegative(newAge, "age");
    return new FallbackAnswer<>(name, value, newAge);
  }

  /** The name of the answer. */
  public String name() {
    return name;
  }

  /** The answer itself. */
  public T value() {
    return value;
  }

  /** How old the value is; empty where that is not known. */
  public Optional<Duration> age() {
    return Optional.ofNullable(age);
  }

  /** The name alone: the value may be large, or not for everybody's eyes. */
  @Override
  public String toString() {
    return "the answer '" + name + "'";
  }
}
