package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Makes sure that a policy which keeps moments from one call to the next is used under one time
 * source only; for policies. Thread-safe; a check costs a volatile read.
 */
public final class TimeSourceGuard {

  private final String policy;
  private final AtomicReference<@Nullable TimeSource> first = new AtomicReference<>();

  private TimeSourceGuard(String policy) {
    this.policy = policy;
  }

  /**
   * That of the first call.
   *
   * @param policy the name of the policy
   */
  public static TimeSourceGuard of(String policy) {
    return new TimeSourceGuard(SafeText.of(Objects.requireNonNull(policy, "policy")));
  }

  /**
   * The time source of a call.
   *
   * @throws IllegalArgumentException if it is not that of the first call
   */
  public TimeSource check(Context ctx) {
    TimeSource now = ctx.timeSource();
    TimeSource expected = first.get();
    if (expected == null) {
      expected = first.compareAndExchange(null, now);
    }
    if (expected != null && expected != now) {
      throw new IllegalArgumentException(
          "ctx: a context on "
              + SafeText.of(now)
              + " (expected: on "
              + SafeText.of(expected)
              + ", as in earlier calls of "
              + policy
              + ")");
    }
    return now;
  }

  /** The time source of the first call; null if there was none. */
  public @Nullable TimeSource known() {
    return first.get();
  }
}
