package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** Another attempt will be made. */
@Name("dev.resilience.Retry")
@Label("Retry")
@Description("Another attempt will be made, after a delay")
final class RetryEvent extends PolicyJfrEvent {

  @Label("Attempt")
  @Description("The number of the attempt that failed, from 1")
  int attempt;

  @Label("Delay")
  @Description("The wait until the next attempt")
  @Timespan(Timespan.NANOSECONDS)
  long delay;

  @Label("Failure")
  @Description("The class of the failure; none where a result counts as one")
  @Nullable Class<?> failure;
}
