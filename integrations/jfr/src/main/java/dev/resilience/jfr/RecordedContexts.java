package dev.resilience.jfr;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextDetails;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextObserver;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.text.SafeText;
import org.jspecify.annotations.Nullable;

/** Writes the life of each context into the recording; while that is off, no context is watched. */
final class RecordedContexts implements ContextObserver {

  static final RecordedContexts INSTANCE = new RecordedContexts();

  private RecordedContexts() {}

  @Override
  public @Nullable ContextObserver observerOf(Context context, Context parent) {
    ContextEvent event = new ContextEvent();
    return event.isEnabled() ? new Life(event) : null;
  }

  private static final class Life implements ContextObserver {

    private final ContextEvent event;

    Life(ContextEvent event) {
      this.event = event;
    }

    @Override
    public void onDerived(Context context, Context parent, long nanos) {
      event.of(context);
      event.kind = ContextDetails.of(context).kind().name();
      event.limit =
          context
              .deadline()
              .map(deadline -> deadline.nanos() - nanos)
              .orElse(ContextEvent.NO_LIMIT);
      event.begin();
    }

    @Override
    public void onEnded(Context context, ContextException error, long nanos) {
      event.end();
      if (event.shouldCommit()) {
        Throwable cause = error.getCause();
        event.inherited = context.isEndInherited();
        event.endedBy =
            error instanceof DeadlineExceededException
                ? "deadline"
                : cause == CancelReason.CLOSED ? "closed" : "cancelled";
        event.cause = ResilienceEvent.type(cause);
        event.reason = cause instanceof CancelReason ? text(cause) : null;
        event.commit();
      }
    }

    private static String text(Throwable reason) {
      return ResilienceEvent.text(SafeText.messageOf(reason));
    }
  }
}
