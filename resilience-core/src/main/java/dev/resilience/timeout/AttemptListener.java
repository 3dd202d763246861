package dev.resilience.timeout;

import dev.resilience.context.Context;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Is told how long each attempt took that had begun and was not interrupted from outside. */
interface AttemptListener {

  /**
   * The caller gets a result.
   *
   * @param limit of this attempt
   * @param ran how long it took, in nanoseconds
   * @param now the present reading of the clock
   */
  void returned(@Nullable Object result, Duration limit, long ran, long now);

  /**
   * The caller gets an exception.
   *
   * @param caller whose end tells what became of the call
   * @param limit of this attempt
   * @param ran how long it took, in nanoseconds, until its context ended at the latest
   * @param now the present reading of the clock
   */
  void failed(Context caller, Throwable thrown, Duration limit, long ran, long now);

  /** Both of two. */
  static AttemptListener both(AttemptListener first, @Nullable AttemptListener second) {
    if (second == null) {
      return first;
    }
    return new AttemptListener() {
      @Override
      public void returned(@Nullable Object result, Duration limit, long ran, long now) {
        first.returned(result, limit, ran, now);
        second.returned(result, limit, ran, now);
      }

      @Override
      public void failed(Context caller, Throwable thrown, Duration limit, long ran, long now) {
        first.failed(caller, thrown, limit, ran, now);
        second.failed(caller, thrown, limit, ran, now);
      }
    };
  }
}
