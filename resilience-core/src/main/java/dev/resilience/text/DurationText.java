package dev.resilience.text;

import java.time.Duration;
import java.util.Locale;

/** A duration as people write it: three digits and a unit. */
public final class DurationText {

  private DurationText() {}

  /** Three digits and a unit; from 1,000 s on whole seconds. */
  public static String of(Duration duration) {
    if (duration.isNegative()) {
      return "-" + of(duration.negated());
    }
    long seconds = duration.getSeconds();
    if (seconds >= 1000) {
      return seconds + " s";
    }
    long nanos = seconds * 1_000_000_000L + duration.getNano();
    if (nanos >= 1_000_000_000L) {
      return inUnits(nanos, 1e9, " s");
    }
    if (nanos >= 1_000_000L) {
      return inUnits(nanos, 1e6, " ms");
    }
    if (nanos >= 1_000L) {
      return inUnits(nanos, 1e3, " us");
    }
    return nanos + " ns";
  }

  private static String inUnits(long nanos, double unit, String name) {
    double value = nanos / unit;
    String format = value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f";
    String digits = String.format(Locale.ROOT, format, value);
    return (digits.contains(".") ? digits.replaceAll("\\.?0+$", "") : digits) + name;
  }
}
