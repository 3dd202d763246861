package dev.resilience.limit;

import dev.resilience.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A place in the line before a limit: completed when it is its turn, or, by whoever waits, when the
 * context has ended. The future decides between the two.
 */
final class Place extends CompletableFuture<@Nullable Void> {

  /** Whether a thread is parked here; else it goes on with user code, on the executor. */
  private final boolean blocking;

  final int tokens;

  /** Written under the lock of the limit, as is all below. */
  volatile boolean admitted;

  boolean left;
  @Nullable Stretch since;

  Place(int tokens, boolean blocking) {
    this.tokens = tokens;
    this.blocking = blocking;
  }

  /** It is its turn. Called without a lock. */
  void tell(TimeSource time) {
    if (blocking) {
      complete(null);
    } else {
      time.executor().execute(() -> complete(null));
    }
  }
}
