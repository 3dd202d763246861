package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A caller was let go while the work for it still runs. */
@Name("dev.resilience.WorkAbandoned")
@Label("Work Abandoned")
@Description("A caller was let go while the work for it still runs")
final class WorkAbandonedEvent extends PolicyJfrEvent {

  @Label("Still Running")
  @Description("How many such there are now")
  int stillRunning;
}
