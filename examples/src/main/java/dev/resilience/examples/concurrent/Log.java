package dev.resilience.examples.concurrent;

import dev.resilience.context.Context;
import dev.resilience.time.TimeSource;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Lines with the seconds since the program began in front. */
public final class Log {

  private final PrintStream out;
  private final TimeSource time;
  private final long from;

  /** A log that begins now. */
  public Log(Context ctx, PrintStream out) {
    this.out = out;
    this.time = ctx.timeSource();
    this.from = time.nanoTime();
  }

  /** Prints a line; of a duration the seconds. */
  public void say(String format, @Nullable Object... arguments) {
    double seconds = (time.nanoTime() - from) / 1e9;
    Object[] told = Arrays.stream(arguments).map(Log::told).toArray();
    out.printf(Locale.ROOT, "%5.1f s  %s%n", seconds, String.format(Locale.ROOT, format, told));
  }

  private static @Nullable Object told(@Nullable Object argument) {
    return argument instanceof Duration length
        ? String.format(Locale.ROOT, "%.1f s", length.toNanos() / 1e9)
        : argument;
  }
}
