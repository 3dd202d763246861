package dev.resilience.http.server;

import dev.resilience.context.Context;
import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How an exchange ended. Immutable. */
public final class ExchangeEnd {

  /** What stands in logs and metrics for a client that did not wait; never on the wire. */
  public static final int CLIENT_GONE = 499;

  /** Why it ended. */
  public enum Reason {
    /** The handler or a filter has answered, with whatever status. */
    ANSWERED,
    /** A filter has refused the request; the handler was not called. */
    REFUSED,
    /** The handler failed. */
    FAILED,
    /** The time was up. */
    DEADLINE,
    /** The client left before it had its answer. */
    CLIENT_DISCONNECTED,
    /** The process shuts down. */
    SHUTDOWN
  }

  private final ServerExchange exchange;
  private final Context context;
  private final int status;
  private final Reason reason;
  private final Duration duration;
  private final Duration overrun;
  private final @Nullable Throwable failure;

  ExchangeEnd(
      ServerExchange exchange,
      Context context,
      int status,
      Reason reason,
      Duration duration,
      Duration overrun,
      @Nullable Throwable failure) {
    this.exchange = exchange;
    this.context = context;
    this.status = status;
    this.reason = reason;
    this.duration = duration;
    this.overrun = overrun;
    this.failure = failure;
  }

  /** The request; its response can no longer be changed. */
  public ServerExchange exchange() {
    return exchange;
  }

  /** The context that the handler had, or, where it was not called, that of the request. */
  public Context context() {
    return context;
  }

  /** The status that was sent; {@value #CLIENT_GONE} if the client left before that. */
  public int status() {
    return status;
  }

  /** Why it ended. */
  public Reason reason() {
    return reason;
  }

  /** From the arrival of the request until it was answered, or nobody waited any longer. */
  public Duration duration() {
    return duration;
  }

  /** How much longer the handler ran than that: work that nobody wanted. */
  public Duration overrun() {
    return overrun;
  }

  /** What the handler or a filter failed with. For logs: it never goes to the client. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** The reason in words. */
  public String describe() {
    return switch (reason) {
      case ANSWERED -> "answered";
      case REFUSED -> "refused";
      case FAILED -> "failed";
      case DEADLINE -> "request timed out";
      case CLIENT_DISCONNECTED -> "client disconnected";
      case SHUTDOWN -> "shutting down";
    };
  }

  @Override
  public String toString() {
    return exchange + " " + status + " " + describe() + " after " + DurationText.of(duration);
  }
}
