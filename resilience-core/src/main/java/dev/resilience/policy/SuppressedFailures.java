package dev.resilience.policy;

import java.util.Objects;

/**
 * Keeps a second failure with the first one; for policies.
 *
 * <p>An exception may be a constant that many calls throw, so what is kept is bounded: nothing is
 * added to itself, nor twice, nor to one that holds {@value #MOST} already.
 */
public final class SuppressedFailures {

  private static final int MOST = 32;

  private SuppressedFailures() {}

  /**
   * Suppresses a failure in another one, as far as that is sensible.
   *
   * @param thrown what the caller gets
   * @param second what happened besides
   */
  public static void add(Throwable thrown, Throwable second) {
    Objects.requireNonNull(second, "second");
    if (thrown == second || thrown.getCause() == second) {
      return;
    }
    Throwable[] present = thrown.getSuppressed();
    if (present.length >= MOST) {
      return;
    }
    for (Throwable known : present) {
      if (known == second) {
        return;
      }
    }
    thrown.addSuppressed(second);
  }
}
