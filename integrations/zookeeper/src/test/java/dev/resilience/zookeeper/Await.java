package dev.resilience.zookeeper;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Waiting for what happens in other processes. */
public final class Await {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration STEP = Duration.ofMillis(20);

  private Await() {}

  /** Until an assertion holds, and can be made. */
  public static void until(ThrowingCallable assertion) throws Exception {
    try (CancellableContext patience = Context.background().withTimeout(PATIENCE)) {
      while (true) {
        try {
          assertion.call();
          return;
        } catch (Throwable notYet) {
          if (patience.isDone()) {
            throw new AssertionError(notYet);
          }
        }
        Context.background().sleep(STEP);
      }
    }
  }
}
