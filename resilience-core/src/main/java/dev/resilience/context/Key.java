package dev.resilience.context;

import dev.resilience.text.Arguments;
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
 * <p>The value of a key is shown in dumps and logs only where the key says that it may be; that of
 * a {@linkplain #credential credential} nowhere at all.
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
  private final boolean credential;
  private final @Nullable String expected;
  private final @Nullable Predicate<? super T> validator;
  final int hash = SEQUENCE.getAndIncrement() * GOLDEN_RATIO;

  private Key(
      String name,
      Class<T> type,
      boolean shown,
      boolean credential,
      @Nullable String expected,
      @Nullable Predicate<? super T> validator) {
    this.name = name;
    this.type = type;
    this.shown = shown;
    this.credential = credential;
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
    return of(name, type, false);
  }

  /**
   * A key whose values prove who somebody is: tokens, passwords, session ids. They are never shown
   * in dumps, logs, traces or messages, and leave the process only where somebody puts them into a
   * header by hand; {@link #shown} is refused.
   *
   * @param name for messages, not empty
   * @param type of the values; a class, not a primitive. {@link Credential} hides the text also
   *     from whoever prints the value itself
   */
  public static <T> Key<T> credential(String name, Class<T> type) {
    return of(name, type, true);
  }

  private static <T> Key<T> of(String name, Class<T> type, boolean credential) {
    Arguments.requireNotBlank(name, "name");
    Objects.requireNonNull(type, "type");
    if (type.isPrimitive()) {
      throw new IllegalArgumentException("type: " + type + " (expected: not a primitive)");
    }
    return new Key<>(SafeText.name(name), type, false, credential, null, null);
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
        credential,
        Objects.requireNonNull(expected, "expected"),
        Objects.requireNonNull(validator, "validator"));
  }

  /**
   * A new key whose values may be shown in dumps and logs. By default they may not.
   *
   * @throws IllegalStateException if this is a key of credentials
   */
  public Key<T> shown() {
    if (credential) {
      throw new IllegalStateException(
          "shown: '" + name + "' is a credential (expected: a key that may be shown)");
    }
    return new Key<>(name, type, true, false, expected, validator);
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
    return type.isInstance(value) && (validator == null || isValid(validator, value));
  }

  /** Whether values are {@linkplain #credential credentials}: for nobody's eyes. */
  public boolean isCredential() {
    return credential;
  }

  /** Returns the value if it may be set under this key. */
  T check(T value) {
    Objects.requireNonNull(value, name);
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          name + ": a " + value.getClass().getName() + " (expected: a " + type.getName() + ")");
    }
    if (validator != null && !isValid(validator, value)) {
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

  /** What a validator throws may have the value in its message. */
  private boolean isValid(Predicate<? super T> condition, T value) {
    if (!credential) {
      return condition.test(value);
    }
    try {
      return condition.test(value);
    } catch (Throwable mayTell) {
      return false;
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
