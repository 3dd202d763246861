package dev.resilience.slf4j;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.text.SafeText;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A logger that knows the context it logs for: each line has the chosen values as key-value pairs,
 * and a prefix if there is one. It may travel in the context, so that a component logs for its
 * request without being told how.
 *
 * <pre>{@code
 * Context request = ContextLogger.in(ctx, LOG, "[REQUEST]");
 * ...
 * ContextLogger log = ContextLogger.of(request);
 * log.info("update_user started", "user", 17);
 * log.error("update_user failed", failure);       // error="java.io.IOException: down"
 * }</pre>
 *
 * <p>Immutable and thread-safe. A line whose level is off costs the look at the level.
 */
public final class ContextLogger {

  /** What a context carries: a logger without a context. */
  private record Carried(Logger logger, String prefix) {}

  private static final Key<Carried> KEY = Key.of("logger", Carried.class);
  private static final Carried DEFAULT = new Carried(LoggerFactory.getLogger("request"), "");

  private final Logger logger;
  private final LogFields fields;
  private final Context ctx;
  private final String prefix;

  ContextLogger(Logger logger, LogFields fields, Context ctx, String prefix) {
    this.logger = logger;
    this.fields = fields;
    this.ctx = ctx;
    this.prefix = prefix.isEmpty() ? "" : prefix + " ";
  }

  /**
   * A child of a context that carries a logger.
   *
   * @param prefix in front of each message, such as {@code [REQUEST]}; empty: none
   */
  public static Context in(Context ctx, Logger logger, String prefix) {
    Objects.requireNonNull(logger, "logger");
    String safe = SafeText.of(Objects.requireNonNull(prefix, "prefix"));
    return ctx.withValue(KEY, new Carried(logger, safe));
  }

  /**
   * The logger of a context, with the values of that very context. One that carries none logs as
   * {@code request}; one without {@link LogFields} has the default ones.
   */
  public static ContextLogger of(Context ctx) {
    Carried carried = ctx.getOrDefault(KEY, DEFAULT);
    return new ContextLogger(carried.logger, LogFields.of(ctx), ctx, carried.prefix);
  }

  /** The prefix of a context with a logger of the component's own. */
  public static ContextLogger of(Context ctx, Logger logger) {
    Carried carried = ctx.getOrDefault(KEY, DEFAULT);
    return new ContextLogger(
        Objects.requireNonNull(logger, "logger"), LogFields.of(ctx), ctx, carried.prefix);
  }

  /**
   * Logs at level DEBUG.
   *
   * @param keysAndValues in turn, such as {@code "user", 17}
   */
  public void debug(String message, @Nullable Object... keysAndValues) {
    log(Level.DEBUG, message, null, keysAndValues);
  }

  /**
   * Logs at level INFO.
   *
   * @param keysAndValues in turn, such as {@code "user", 17}
   */
  public void info(String message, @Nullable Object... keysAndValues) {
    log(Level.INFO, message, null, keysAndValues);
  }

  /**
   * Logs at level WARN.
   *
   * @param keysAndValues in turn, such as {@code "user", 17}
   */
  public void warn(String message, @Nullable Object... keysAndValues) {
    log(Level.WARN, message, null, keysAndValues);
  }

  /**
   * Logs a failure at level ERROR, its text as the field {@code error}, its stack trace as usual.
   *
   * @param keysAndValues in turn, such as {@code "user", 17}
   */
  public void error(String message, Throwable failure, @Nullable Object... keysAndValues) {
    log(Level.ERROR, message, Objects.requireNonNull(failure, "failure"), keysAndValues);
  }

  /** A line at a level, the values of the context in it, to be completed. */
  public LoggingEventBuilder at(Level level) {
    return fields.addTo(logger.atLevel(Objects.requireNonNull(level, "level")), ctx);
  }

  private void log(
      Level level, String message, @Nullable Throwable failure, @Nullable Object[] keysAndValues) {
    if (keysAndValues.length % 2 != 0) {
      throw new IllegalArgumentException(
          "keysAndValues: " + keysAndValues.length + " of them (expected: an even number)");
    }
    if (!logger.isEnabledForLevel(level)) {
      return;
    }
    LoggingEventBuilder line = at(level);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      line = line.addKeyValue(SafeText.of(keysAndValues[i]), keysAndValues[i + 1]);
    }
    if (failure != null) {
      line = line.addKeyValue("error", SafeText.of(failure)).setCause(failure);
    }
    // Not as a pattern: a message from elsewhere may have braces in it.
    line.log(prefix + message);
  }
}
