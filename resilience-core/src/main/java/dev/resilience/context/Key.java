package dev.resilience.context;

import dev.resilience.text.SafeText;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The name and type of a value in a context. Keys are compared by identity: two keys of the same
 * name never collide, so keep each in a constant.
 *
 * <pre>{@code
 * static final Key<String> USER = Key.of("user", String.class)
 *     .checked("1 to 64 characters", user -> !user.isEmpty() && user.length() <= 64);
 * }</pre>
 *
 * <p>The value of a key is shown in dumps and logs only where the key says that it may be.
 *
 * @param <T> the type of the value
 */
public final class Key<T> {

  private static final AtomicInteger SEQUENCE = new AtomicInteger();

  /** Spreads keys evenly over a power of two: Fibonacci hashing of a running number. */
  private static final int GOLDEN_RATIO = 0x9E3779B9;

  private final String name;
  private final Class<T> type;
  private final boolean shown;
  private final @Nullable String expected;
  private final @Nullable Predicate<? super T> validator;
  final int hash = SEQUENCE.getAndIncrement() * GOLDEN_RATIO;

  private Key(
      String name,
      Class<T> type,
      boolean shown,
      @Nullable String expected,
      @Nullable Predicate<? super T> validator) {
    this.name = name;
    this.type = type;
    this.shown = shown;
    this.expected = expected;
    this.validator = validator;
  }

  /**
   * A key.
   *
   * @param name for messages, not empty
   * @param type of the values; a class, not a primitive
   */
  public static <T> Key<T> of(String name, Class<T> type) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    if (name.isBlank()) {
      throw new IllegalArgumentException("name: '" + name + "' (expected: not blank)");
    }
    if (type.isPrimitive()) {
      throw new IllegalArgumentException("type: " + type + " (expected: not a primitive)");
    }
    return new Key<>(name, type, false, null, null);
  }

  /**
   * A new key whose values must satisfy a condition; a bad value is refused when set.
   *
   * @param expected the condition in words, for the message
   * @param validator the condition; what it throws reaches the one who sets the value
   */
  public Key<T> checked(String expected, Predicate<? super T> validator) {
    return new Key<>(
        name,
        type,
        shown,
        Objects.requireNonNull(expected, "expected"),
        Objects.requireNonNull(validator, "validator"));
  }

  /** A new key whose values may be shown in dumps and logs. By default they may not. */
  public Key<T> shown() {
    return new Key<>(name, type, true, expected, validator);
  }

  /** The name given to {@link #of}. */
  public String name() {
    return name;
  }

  /** The type of the values. */
  public Class<T> type() {
    return type;
  }

  /** Whether values may be shown in dumps and logs. */
  public boolean isShown() {
    return shown;
  }

  /** Whether a value may be set under this key. */
  boolean accepts(T value) {
    return type.isInstance(value) && (validator == null || validator.test(value));
  }

  /** Returns the value if it may be set under this key. */
  T check(T value) {
    Objects.requireNonNull(value, name);
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          name + ": a " + value.getClass().getName() + " (expected: a " + type.getName() + ")");
    }
    if (validator != null && !validator.test(value)) {
      throw new IllegalArgumentException(
          name
              + ": "
              + (shown ? SafeText.of(value) : "the value given")
              + " (expected: "
              + expected
              + ")");
    }
    return value;
  }

  @Override
  public String toString() {
    return name;
  }
}
