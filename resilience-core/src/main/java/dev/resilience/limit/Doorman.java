package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.error.RejectedException;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import java.time.Duration;

/** Says who waited before a limit, and who was turned away. Called without a lock. */
record Doorman(String limit, PolicyListener listener) {

  /** Let in, after a wait since {@code start}. */
  void waited(Context ctx, long start) {
    Duration time = Duration.ofNanos(ctx.timeSource().nanoTime() - start);
    CallReport.tell(ctx, limit, new CallReport.Delay(time));
    listener.on(new PolicyEvent.Waited(limit, time));
  }

  /** Not let in; for a {@code throw}. */
  <E extends RejectedException> E rejected(E rejection) {
    listener.on(new PolicyEvent.Rejected(limit, rejection));
    return rejection;
  }
}
