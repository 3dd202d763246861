package dev.resilience.observe;

/**
 * Hears the report of each call in which anything happened but a success at the first attempt.
 * Called when the call is over, before its caller goes on, on the thread that ended it; be quick.
 * What it throws is contained and logged.
 */
@FunctionalInterface
public interface CallReportListener {

  /** A call is over. */
  void on(CallReport report);
}
