package dev.resilience.context;

import dev.resilience.text.SafeText;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The verdict on a scope: how, where, why and when it ended. Descendants that end with it hold the
 * same object.
 */
final class End {

  private static final VarHandle ERROR;

  static {
    try {
      ERROR = MethodHandles.lookup().findVarHandle(End.class, "error", ContextException.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /**
   * Stands for the end of a scope that its owner closed with nobody waiting. Most ends are such,
   * and nobody asks for them; {@link Scope} puts a real one in its place when somebody does.
   */
  static final End UNOBSERVED_CLOSE = new End();

  /** Where the event happened: the cancelled scope, or the owner of the deadline. */
  final Scope origin;

  final boolean cancelled;
  final @Nullable Throwable given;

  /** Whether {@link #nanos} is known. A cancel to which nothing can be compared reads no clock. */
  final boolean timed;

  final long nanos;

  /** Which cancel of its tree this was, where a merge may ask for that; else 0. */
  private final int order;

  private volatile @Nullable ContextException error;

  private End(
      Scope origin,
      boolean cancelled,
      @Nullable Throwable given,
      boolean timed,
      long nanos,
      int order) {
    this.origin = origin;
    this.cancelled = cancelled;
    this.given = given;
    this.timed = timed;
    this.nanos = nanos;
    this.order = order;
  }

  @SuppressWarnings("NullAway") // nobody but Scope ever sees it, which looks at nothing else
  private End() {
    this(null, true, CancelReason.CLOSED, false, 0, 0);
  }

  static End cancelled(Scope origin, @Nullable Throwable cause, long nanos, int order) {
    return new End(origin, true, cause, true, nanos, order);
  }

  static End cancelledUntimed(Scope origin, @Nullable Throwable cause) {
    return new End(origin, true, cause, false, 0, 0);
  }

  static End expired(Scope origin, long deadline) {
    return new End(origin, false, null, true, deadline, 0);
  }

  /**
   * Whether this counts as earlier than another. A cancel without a time does: whatever could be
   * compared with it was derived after it. A tie goes to the deadline, and among cancels to the one
   * that came first.
   */
  boolean isBefore(End other) {
    if (!timed || !other.timed) {
      return !timed && other.timed;
    }
    long difference = nanos - other.nanos;
    if (difference != 0) {
      return difference < 0;
    }
    if (cancelled != other.cancelled) {
      return other.cancelled;
    }
    return order != 0 && other.order != 0 && order - other.order < 0;
  }

  Throwable cause() {
    return given != null ? given : error();
  }

  /** Made when somebody asks, and the same for all who ask. */
  ContextException error() {
    ContextException known = error;
    if (known != null) {
      return known;
    }
    String name = origin.name();
    String whose = name.isEmpty() ? "the context" : "context '" + SafeText.of(name) + "'";
    ContextException made =
        cancelled
            ? new ContextCancelledException(whose + " was cancelled" + why(), given, false)
            : new DeadlineExceededException(
                "the deadline of " + whose + " has passed", null, false);
    return ERROR.compareAndSet(this, null, made) ? made : error();
  }

  private String why() {
    if (given == null) {
      return "";
    }
    return ": "
        + (given instanceof CancelReason
            ? SafeText.of(SafeText.messageOf(given))
            : SafeText.of(given));
  }
}
