package dev.resilience.text;

import java.time.Duration;
import java.util.Locale;

/** A duration as people write it: three digits and a unit. */
public final class DurationText {

  /** In seconds: half the range of a clock in nanoseconds, to which waits are cut. */
  private static final long FOR_EVER = Long.MAX_VALUE / 2 / 1_000_000_000L;

  private DurationText() {}

  /**
   * Three digits and a unit; from 1,000 s on whole seconds; beyond 146 years, where nobody waits
   * any longer, just that. Never throws.
   */
  public static String of(Duration duration) {
    long seconds = duration.getSeconds();
    if (seconds >= FOR_EVER) {
      return "146 years";
    }
    if (seconds <= -FOR_EVER) {
      return "-146 years";
    }
    long nanos = seconds * 1_000_000_000L + duration.getNano();
    return nanos < 0 ? "-" + ofPositive(-nanos) : ofPositive(nanos);
  }

  private static String ofPositive(long nanos) {
    long seconds = nanos / 1_000_000_000L;
    if (seconds >= 1000) {
      return seconds + " s";
    }
    if (seconds > 0 || nanos == 0) {
      return inUnits(nanos, 1e9, " s");
    }
    if (nanos >= 1_000_000L) {
      return inUnits(nanos, 1e6, " ms");
    }
    return nanos >= 1_000L ? inUnits(nanos, 1e3, " us") : nanos + " ns";
  }

  private static String inUnits(long nanos, double unit, String name) {
    double value = nanos / unit;
    String format = value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f";
    String digits = String.format(Locale.ROOT, format, value);
    return (digits.contains(".") ? digits.replaceAll("\\.?0+$", "") : digits) + name;
  }
}
