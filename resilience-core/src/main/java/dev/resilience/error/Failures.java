package dev.resilience.error;

import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What policies do with failures: unwrap them, keep one inside another, throw them on. */
public final class Failures {

  private static final int MOST_SUPPRESSED = 32;

  private Failures() {}

  /**
   * What a stage failed with, as it was thrown: without what {@link
   * java.util.concurrent.CompletableFuture} wraps around it.
   */
  public static Throwable unwrap(Throwable failure) {
    Throwable raw = failure;
    @Nullable Throwable cause = raw.getCause();
    while (raw instanceof CompletionException && cause != null) {
      raw = cause;
      cause = raw.getCause();
    }
    return raw;
  }

  /**
   * Suppresses a failure in another one, as far as that is sensible. An exception may be a constant
   * that many calls throw, so what is kept is bounded: nothing is added to itself, nor twice, nor
   * to one that holds {@value #MOST_SUPPRESSED} already.
   *
   * @param thrown what the caller gets
   * @param second what happened besides
   */
  public static void suppress(Throwable thrown, Throwable second) {
    Objects.requireNonNull(second, "second");
    if (thrown == second || thrown.getCause() == second) {
      return;
    }
    Throwable[] present = thrown.getSuppressed();
    if (present.length >= MOST_SUPPRESSED) {
      return;
    }
    for (Throwable known : present) {
      if (known == second) {
        return;
      }
    }
    thrown.addSuppressed(second);
  }

  /**
   * Throws a checked exception of the caller's work without declaring it again: {@code throw
   * Failures.<X>asThrown(failure)}.
   *
   * @param failure what the work, which may throw {@code X} and what is unchecked, has thrown
   */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public static <X extends Throwable> X asThrown(Throwable failure) {
    return (X) failure;
  }
}
