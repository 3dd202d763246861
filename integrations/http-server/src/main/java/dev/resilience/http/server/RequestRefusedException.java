package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.error.RejectedException;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;

/**
 * The server has refused a request before any work was done for it: status 503 with {@code
 * Retry-After}, marked so that a client may try again whatever the method.
 */
public final class RequestRefusedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final String word;

  /**
   * A refusal.
   *
   * @param word why, in one word for the header
   * @param message why, for logs
   * @param retryAfter when trying again makes sense, positive
   */
  public RequestRefusedException(String word, String message, Duration retryAfter) {
    super(requireNonNull(message, "message"), Durations.requirePositive(retryAfter, "retryAfter"));
    if (!word.matches("[a-z-]{1,32}")) {
      throw new IllegalArgumentException(
          "word: '" + SafeText.of(word) + "' (expected: 1 to 32 lower-case letters and hyphens)");
    }
    this.word = word;
  }

  /** Why, in one word. */
  public String word() {
    return word;
  }
}
