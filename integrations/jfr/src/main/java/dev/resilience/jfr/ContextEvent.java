package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** The life of a context, from its derivation to its end. */
@Name("dev.resilience.Context")
@Label("Context")
@Description("The life of a context, from its derivation to its end")
final class ContextEvent extends ResilienceEvent {

  /** Tools show this as "N/A". */
  static final long NO_LIMIT = Long.MIN_VALUE;

  @Label("Kind")
  @Description("How it was derived: CANCEL, DEADLINE, MORE_TIME or MERGE")
  @Nullable String kind;

  @Label("Limit")
  @Description("The limit that counted when it was derived")
  @Timespan(Timespan.NANOSECONDS)
  long limit;

  @Label("Ended By")
  @Description("closed, cancelled or deadline")
  @Nullable String endedBy;

  @Label("Inherited")
  @Description("Whether it ended because an ancestor did")
  boolean inherited;

  @Label("Reason")
  @Description("The text of the reason, if it was cancelled with a CancelReason")
  @Nullable String reason;

  @Label("Cause")
  @Description("The class of the cause, if it was cancelled with one")
  @Nullable Class<?> cause;
}
