package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

/** An attempt passed its own limit while the caller still waited. */
@Name("dev.resilience.AttemptTimeout")
@Label("Attempt Timeout")
@Description("An attempt passed its own limit while the caller still waited")
final class AttemptTimeoutEvent extends PolicyJfrEvent {

  @Label("Limit")
  @Timespan(Timespan.NANOSECONDS)
  long limit;
}
