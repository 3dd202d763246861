package dev.resilience.error;

import dev.resilience.text.SafeText;
import org.jspecify.annotations.Nullable;

/**
 * The parent of what this library throws of its own, but for the end of a context, which is a
 * {@link dev.resilience.context.ContextException}.
 */
public class ResilienceException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** An exception with the stack trace of its place. */
  protected ResilienceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** An exception without a stack trace, for what carries no news of a place. */
  protected ResilienceException(String message) {
    super(message, null, true, false);
  }

  /** The message; what others have said in it is escaped, and the whole is cut. */
  @Override
  public @Nullable String getMessage() {
    String message = super.getMessage();
    return message == null ? null : SafeText.of(message, SafeText.MOST_OF_MESSAGE);
  }
}
