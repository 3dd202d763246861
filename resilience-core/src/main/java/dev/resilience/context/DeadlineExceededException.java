package dev.resilience.context;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The deadline of the context has passed, its own or an ancestor's. */
public final class DeadlineExceededException extends ContextException {

  private static final long serialVersionUID = 1L;

  private final @Nullable Duration ran;
  private final @Nullable Duration limit;

  /**
   * An exception to be thrown.
   *
   * @param message whose deadline
   * @param cause why, or null
   */
  public DeadlineExceededException(String message, @Nullable Throwable cause) {
    this(message, cause, true);
  }

  DeadlineExceededException(String message, @Nullable Throwable cause, boolean writable) {
    super(message, cause, writable);
    this.ran = null;
    this.limit = null;
  }

  /**
   * An exception for an attempt that the caller's deadline cut off before its own limit did.
   *
   * @param message whose deadline
   * @param ran how long the attempt had run
   * @param limit how long it might have run had the caller had the time
   */
  public DeadlineExceededException(String message, Duration ran, Duration limit) {
    super(message, null, true);
    this.ran = ran;
    this.limit = limit;
  }

  /** How long the attempt that was cut off had run, where a limit policy measured it. */
  public Optional<Duration> ran() {
    return Optional.ofNullable(ran);
  }

  /** How long that attempt might have run had the caller had the time. */
  public Optional<Duration> limit() {
    return Optional.ofNullable(limit);
  }

  @Override
  DeadlineExceededException thrownHere(String suffix) {
    return new DeadlineExceededException(getMessage() + suffix, getCause());
  }
}
