package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.error.RejectedException;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.queue.Ticket;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells what a limit does with calls. Called without a lock. */
record LimitEvents(String limit, PolicyListener listener) {

  /** Let in, after a wait. */
  void waited(Context ctx, long nanos) {
    Duration time = Duration.ofNanos(nanos);
    CallReport.tell(ctx, limit, new CallReport.Delay(time));
    listener.on(ctx, new PolicyEvent.Waited(limit, time));
  }

  /** Not let in; for a {@code throw}. */
  <E extends RejectedException> E rejected(Context ctx, E rejection) {
    listener.on(ctx, new PolicyEvent.Rejected(limit, rejection));
    return rejection;
  }

  /** Waits for the turn of a call; tells where it is refused instead. */
  void await(Context ctx, Ticket ticket) throws InterruptedException {
    try {
      ticket.await(ctx);
    } catch (RejectedException refused) {
      throw rejected(ctx, refused);
    }
  }

  /** As {@link #await}, without blocking. */
  void whenTurn(Context ctx, Ticket ticket, Consumer<@Nullable Throwable> next) {
    ticket.whenTurn(
        ctx,
        left -> {
          if (left instanceof RejectedException refused) {
            rejected(ctx, refused);
          }
          next.accept(left);
        });
  }

  /** An adaptive limit has changed. */
  void changed(Context ctx, int from, int to) {
    listener.on(ctx, new PolicyEvent.ConcurrencyLimitChanged(limit, from, to));
  }
}
