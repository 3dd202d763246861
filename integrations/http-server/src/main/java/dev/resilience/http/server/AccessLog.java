package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Consumer;

/**
 * A line for each request when it is over: id, method, path, status, why it ended, how long that
 * took, how many bytes. A client that did not wait has status 499 here, and nowhere else.
 *
 * <pre>{@code
 * [req-1f0c77a2-17] GET /orders 200 in 12 ms, 1042 bytes
 * [req-1f0c77a2-18] GET /report 499 client disconnected after 3 s
 * }</pre>
 *
 * <p>Place it first: it finds the id although that is set further inside. What comes from outside
 * is escaped. Thread-safe if its receiver is; what that throws is contained.
 */
public final class AccessLog implements ServerFilter {

  private static final Logger LOG = System.getLogger(AccessLog.class.getName());

  private final Consumer<? super String> sink;
  private final boolean isStartLogged;

  private AccessLog(Consumer<? super String> sink, boolean isStartLogged) {
    this.sink = sink;
    this.isStartLogged = isStartLogged;
  }

  /** To the system's logger of this class, at level {@code INFO}. */
  public static AccessLog ofDefaults() {
    return to(line -> LOG.log(Level.INFO, line));
  }

  /** To a receiver. */
  public static AccessLog to(Consumer<? super String> sink) {
    return new AccessLog(requireNonNull(sink, "sink"), false);
  }

  /**
   * The same with a second line when a request begins: {@code [id] GET /orders}, and {@code [id]
   * completed in 12 ms: GET /orders 200} at its end. The id is known at the start only where its
   * {@link IdHeader} stands outside.
   */
  public AccessLog withStart() {
    return new AccessLog(sink, true);
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    exchange.onEnd(this::end);
    if (isStartLogged) {
      write("[" + idOf(ctx) + "] " + exchange);
    }
    next.handle(ctx, exchange);
  }

  private void end(ExchangeEnd end) {
    StringBuilder line = new StringBuilder("[").append(idOf(end.context())).append("] ");
    String took = DurationText.of(end.duration());
    if (isStartLogged) {
      line.append("completed in ").append(took).append(": ");
    }
    line.append(end.exchange()).append(' ').append(end.status());
    if (end.reason() != ExchangeEnd.Reason.ANSWERED) {
      line.append(' ').append(end.describe()).append(" after ").append(took);
    } else if (!isStartLogged) {
      line.append(" in ").append(took);
    }
    if (end.exchange().bytesWritten() > 0) {
      line.append(", ").append(end.exchange().bytesWritten()).append(" bytes");
    }
    if (!end.overrun().isZero() && end.overrun().toMillis() > 0) {
      line.append(", the handler ran on for ").append(DurationText.of(end.overrun()));
    }
    write(line.toString());
  }

  private static String idOf(Context ctx) {
    return ctx.getOrDefault(RequestInfo.REQUEST_ID, "-");
  }

  private void write(String line) {
    try {
      sink.accept(line);
    } catch (Throwable broken) {
      SafeText.log(LOG, Level.WARNING, "an access log failed", broken);
    }
  }
}
