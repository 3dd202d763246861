package dev.resilience.grpc;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.Propagation;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is sent with the calls of a channel besides their deadlines, and what is known of how long
 * they take: a unary call that can hardly be answered in time is not sent.
 */
final class Outgoing {

  static final Outgoing NOTHING = new Outgoing(null);

  private final @Nullable Propagation wire;
  private final CallTimes times = CallTimes.ofDefaults();

  Outgoing(@Nullable Propagation wire) {
    this.wire = wire;
  }

  /**
   * Writes the headers of an attempt.
   *
   * @throws NoTimeLeftException if it is not to be sent
   * @throws ContextException if the context has ended
   */
  void write(Context ctx, Metadata headers, int attempt, boolean isUnary) {
    ctx.throwIfDone();
    if (wire != null) {
      wire.inject(ctx, headers, MetadataCarrier.WRITER, attempt, isUnary ? times : null);
    }
  }

  /** How a unary call went: its answer, or the end of its time, is a sample. */
  void ended(Context ctx, Status status, long sent) {
    if (wire == null) {
      return;
    }
    Duration took = Duration.ofNanos(ctx.timeSource().nanoTime() - sent);
    if (status.isOk()) {
      times.answered(ctx, took, null);
    } else if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      times.cutOff(ctx, took);
    }
  }
}
