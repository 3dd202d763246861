package dev.resilience.context;

import dev.resilience.text.SafeText;
import org.jspecify.annotations.Nullable;

/**
 * The context of a call has ended: it was cancelled, or its deadline has passed. {@link #getCause}
 * is what was behind it, where something was.
 *
 * <p>Not a {@link java.util.concurrent.CancellationException} on purpose: frameworks swallow those
 * silently, and a time-out among them is a classic bug.
 */
public abstract sealed class ContextException extends RuntimeException
    permits ContextCancelledException, DeadlineExceededException {

  private static final long serialVersionUID = 1L;

  ContextException(String message, @Nullable Throwable cause, boolean writable) {
    super(message, cause, writable, writable);
  }

  /** The message; what others have said in it is escaped, and the whole is cut. */
  @Override
  public @Nullable String getMessage() {
    String message = super.getMessage();
    return message == null ? null : SafeText.of(message, SafeText.MOST_OF_MESSAGE);
  }

  /**
   * The same error to be thrown here: with this thread's stack trace, and open for suppressed ones.
   */
  abstract ContextException thrownHere(String suffix);
}
