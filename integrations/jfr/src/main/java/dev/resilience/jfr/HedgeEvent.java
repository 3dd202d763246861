package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

/** Another attempt was started beside a slow one. */
@Name("dev.resilience.Hedge")
@Label("Hedge")
@Description("Another attempt was started beside a slow one")
final class HedgeEvent extends PolicyJfrEvent {

  @Label("Number")
  @Description("The number of the hedge in this call, from 1")
  int number;

  @Label("After")
  @Description("How long the attempt before it was waited for")
  @Timespan(Timespan.NANOSECONDS)
  long after;
}
