package dev.resilience.observe;

import org.jspecify.annotations.Nullable;

/**
 * Carries the report of a call on an exception. The report can be replaced, because what is
 * suppressed in an exception cannot be taken out again, and an outer policy knows more than an
 * inner one.
 */
final class ReportCarrier extends Throwable {

  private static final long serialVersionUID = 1L;

  private transient volatile @Nullable CallReport report;

  ReportCarrier(CallReport report) {
    super(null, null, false, false);
    this.report = report;
  }

  static @Nullable ReportCarrier find(Throwable failure) {
    for (Throwable suppressed : failure.getSuppressed()) {
      if (suppressed instanceof ReportCarrier carrier) {
        return carrier;
      }
    }
    return null;
  }

  /** Null after serialization: results and failures of a call need not be serializable. */
  @Nullable CallReport report() {
    return report;
  }

  void tell(CallReport newStory) {
    report = newStory;
  }

  @Override
  public String getMessage() {
    CallReport told = report;
    return told == null ? "report of the call" : "report of the call: " + told;
  }

  /** The message alone: the name of this class would tell a reader of a stack trace nothing. */
  @Override
  @SuppressWarnings("OverrideThrowableToString")
  public String toString() {
    return getMessage();
  }
}
