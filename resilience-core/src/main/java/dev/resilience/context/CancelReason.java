package dev.resilience.context;

import dev.resilience.text.SafeText;
import java.util.Objects;

/**
 * A reason to cancel that is no failure: a cause with a name and no stack trace, made to be shared.
 *
 * <pre>{@code
 * job.cancel(CancelReason.SUPERSEDED);
 * if (ctx.cause() == CancelReason.SHUTDOWN) { ... }
 * }</pre>
 *
 * <p>Reasons are compared by identity. They are immutable: nothing can be suppressed in one.
 */
// Without a stack trace and without room for suppressed exceptions, one object can serve for all.
@SuppressWarnings("StaticAssignmentOfThrowable")
public final class CancelReason extends Exception {

  private static final long serialVersionUID = 1L;

  /** The user no longer wants the answer: left the page, hung up, pressed stop. */
  public static final CancelReason USER = of("the user left");

  /** The process or the part of it that the work belongs to is shutting down. */
  public static final CancelReason SHUTDOWN = of("shutdown");

  /** Newer work has made this work needless. */
  public static final CancelReason SUPERSEDED = of("superseded");

  /** The owner closed the context while it was alive: the usual end of work that is finished. */
  public static final CancelReason CLOSED = of("closed");

  private CancelReason(String reason) {
    super(reason, null, false, false);
  }

  /**
   * A reason of your own; keep it in a constant.
   *
   * @param reason a few words, for messages
   */
  public static CancelReason of(String reason) {
    return new CancelReason(SafeText.of(Objects.requireNonNull(reason, "reason")));
  }
}
