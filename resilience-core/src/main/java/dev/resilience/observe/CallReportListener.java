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
   * Something happened during a call that is under way: what {@link #on} tells together, at its
   * moment. Default: nothing.
   *
   * @param ctx of the call. Do not keep it
   * @param step with the name of the policy that told it
   */
  default void onStep(Context ctx, CallReport.Step step) {}

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

  /**
   * Two listeners as one. What the first one throws keeps nothing from the second.
   *
   * @param first hears first
   * @param second hears after it
   */
  static CallReportListener both(CallReportListener first, CallReportListener second) {
    Objects.requireNonNull(first, "first");
    Objects.requireNonNull(second, "second");
    return new CallReportListener() {
      @Override
      public void on(CallReport report) {
        on(Context.background(), report);
      }

      @Override
      public void on(Context ctx, CallReport report) {
        try {
          first.on(ctx, report);
        } finally {
          second.on(ctx, report);
        }
      }

      @Override
      public void onStep(Context ctx, CallReport.Step step) {
        try {
          first.onStep(ctx, step);
        } finally {
          second.onStep(ctx, step);
        }
      }
    };
  }
}
