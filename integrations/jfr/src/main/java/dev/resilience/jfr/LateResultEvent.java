package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** Work whose time was up came to its end after all. */
@Name("dev.resilience.LateResult")
@Label("Late Result")
@Description("Work whose time was up came to its end after all; nobody got its result")
final class LateResultEvent extends PolicyJfrEvent {

  @Label("Ran")
  @Description("How long the work took altogether")
  @Timespan(Timespan.NANOSECONDS)
  long ran;

  @Label("Failure")
  @Description("The class of the failure, if it failed")
  @Nullable Class<?> failure;
}
