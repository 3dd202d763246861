package dev.resilience.retry;

import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Whether there is another attempt and when, apart from time and caller, of which the context
 * tells.
 */
interface AttemptRules {

  /** Begins to count, at the first failure of a call. */
  Count start();

  /** How many attempts a call may have, with the first; {@link Integer#MAX_VALUE}: any number. */
  int most();

  /** Whether the delays are spread at random, so that callers do not come back together. */
  default boolean spreadsOut() {
    return false;
  }

  /**
   * Whether a result is good that the classifier takes for good. Asked after each first attempt
   * that returned, and after each further one.
   */
  default boolean accept(@Nullable Object result) {
    return true;
  }

  /** The attempts of one call. What is told besides questions is for listeners. */
  interface Count {

    /**
     * An attempt is over that was not a success.
     *
     * @param result what it returned, or null
     * @param failure what it failed with, or null
     * @param verdict what became of it
     * @return whether there may be another one
     */
    boolean another(@Nullable Object result, @Nullable Throwable failure, Verdict verdict);

    /** How long to wait before it; asked once after each time that there is another one. */
    Duration delay(RandomGenerator random);

    /** Why there is none, where the verdict and the number of attempts do not tell. */
    default @Nullable String whyNoOther() {
      return null;
    }

    /** There will be another one, after a delay. */
    default void scheduled(@Nullable Object result, @Nullable Throwable failure, Duration delay) {}

    /** It begins. */
    default void begins() {}

    /** There might have been another one, but for the caller, his time, or the budget. */
    default void gaveUp(@Nullable Object result, @Nullable Throwable failure) {}
  }
}
