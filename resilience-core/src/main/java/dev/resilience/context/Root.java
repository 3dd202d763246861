package dev.resilience.context;

import dev.resilience.time.TimeSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What a whole tree shares. */
final class Root {

  private final TimeSource time;
  private final @Nullable ContextObserver observer;

  /** How many cancels were numbered. Only those below which there is a merge are. */
  private final AtomicInteger cancels = new AtomicInteger();

  Root(TimeSource time, @Nullable ContextObserver observer) {
    this.time = time;
    this.observer = observer;
  }

  TimeSource time() {
    return time;
  }

  @Nullable ContextObserver observer() {
    return observer;
  }

  /** The number of one more cancel, for the order of those at one reading of the clock; not 0. */
  int nextCancel() {
    int number = cancels.incrementAndGet();
    return number != 0 ? number : cancels.incrementAndGet();
  }
}
