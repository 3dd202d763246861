package dev.resilience.discovery;

import dev.resilience.time.VirtualTime;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Waiting in virtual time. */
public final class Eventually {

  private static final Duration STEP = Duration.ofMillis(10);

  private Eventually() {}

  public static void within(Duration limit, VirtualTime.Manual time, ThrowingCallable assertion)
      throws Exception {
    Duration end = time.elapsed().plus(limit);
    while (true) {
      try {
        assertion.call();
        return;
      } catch (AssertionError | RuntimeException notYet) {
        if (time.elapsed().compareTo(end) >= 0) {
          throw notYet;
        }
      } catch (Throwable unexpected) {
        throw new AssertionError(unexpected);
      }
      time.advance(STEP);
    }
  }
}
