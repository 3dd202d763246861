package dev.resilience.retry;

import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Whether there is another attempt and when, apart from time and caller, of which the context
 * tells. The seam for a {@code dev.failsafe.RetryPolicy} of the user's own.
 */
interface Attempts {

  /** Begins to count, at the first failure of a call. */
  Count start();

  /** The attempts of one call. */
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
  }
}
