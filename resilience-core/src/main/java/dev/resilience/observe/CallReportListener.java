package dev.resilience.observe;

import dev.resilience.context.Context;
import java.util.Objects;
import java.util.function.BiConsumer;

/**
 * Hears the report of each call in which anything happened but a success at the first attempt.
 * Called when the call is over, before its caller goes on, on the thread that ended it; be quick.
 * What it throws is contained and logged.
 */
@FunctionalInterface
public interface CallReportListener {

  /** A call is over. */
  void on(CallReport report);

  /**
   * The same, with the context of the call; stacks call this one. Default: {@link #on(CallReport)}.
   *
   * @param ctx of the call. Do not keep it
   */
  default void on(Context ctx, CallReport report) {
    on(report);
  }

  /**
   * A listener that wants to know whose call it was.
   *
   * @param listener gets the context of the call and its report
   */
  static CallReportListener withContext(BiConsumer<? super Context, ? super CallReport> listener) {
    Objects.requireNonNull(listener, "listener");
    return new CallReportListener() {
      @Override
      public void on(CallReport report) {
        on(Context.background(), report);
      }

      @Override
      public void on(Context ctx, CallReport report) {
        listener.accept(ctx, report);
      }
    };
  }
}
