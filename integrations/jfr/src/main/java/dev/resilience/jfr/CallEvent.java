package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A call of a stack that is over. */
@Name("dev.resilience.Call")
@Label("Call")
@Description("A call of a stack of policies that is over, whatever came of it")
final class CallEvent extends PolicyJfrEvent {

  @Label("Time")
  @Description("How long the caller waited")
  @Timespan(Timespan.NANOSECONDS)
  long time;

  @Label("Verdict")
  @Description("What became of the call, as the policies judge it")
  @Nullable String verdict;

  @Label("Failure")
  @Description("The class of the failure, if it failed")
  @Nullable Class<?> failure;
}
