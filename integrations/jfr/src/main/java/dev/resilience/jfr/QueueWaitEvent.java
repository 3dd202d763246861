package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

/** A call has waited in the queue of a limit, and was let through. */
@Name("dev.resilience.QueueWait")
@Label("Queue Wait")
@Description("A call waited in the queue of a limit and was let through")
final class QueueWaitEvent extends PolicyJfrEvent {

  @Label("Time")
  @Description("How long it waited")
  @Timespan(Timespan.NANOSECONDS)
  long time;
}
