package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.error.RejectedException;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import java.time.Duration;

/** Tells what a limit does with calls. Called without a lock. */
record LimitEvents(String limit, PolicyListener listener) {

  /** Let in, after a wait. */
  void waited(Context ctx, long nanos) {
    Duration time = Duration.ofNanos(nanos);
    CallReport.tell(ctx, limit, new CallReport.Delay(time));
    listener.on(new PolicyEvent.Waited(limit, time));
  }

  /** Not let in; for a {@code throw}. */
  <E extends RejectedException> E rejected(E rejection) {
    listener.on(new PolicyEvent.Rejected(limit, rejection));
    return rejection;
  }

  /** An adaptive limit has changed. */
  void changed(int from, int to) {
    listener.on(new PolicyEvent.ConcurrencyLimitChanged(limit, from, to));
  }
}
