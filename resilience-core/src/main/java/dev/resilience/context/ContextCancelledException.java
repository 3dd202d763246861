package dev.resilience.context;

import org.jspecify.annotations.Nullable;

/** The context was cancelled, by its owner or with an ancestor. */
public final class ContextCancelledException extends ContextException {

  private static final long serialVersionUID = 1L;

  /**
   * An exception to be thrown.
   *
   * @param message what was cancelled
   * @param cause why, or null
   */
  public ContextCancelledException(String message, @Nullable Throwable cause) {
    this(message, cause, true);
  }

  ContextCancelledException(String message, @Nullable Throwable cause, boolean writable) {
    super(message, cause, writable);
  }

  @Override
  ContextCancelledException thrownHere(String suffix) {
    return new ContextCancelledException(getMessage() + suffix, getCause());
  }
}
