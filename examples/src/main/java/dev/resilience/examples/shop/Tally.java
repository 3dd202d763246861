package dev.resilience.examples.shop;

import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** What became of the orders, with protection and without. */
final class Tally {

  private static final int WITH = 0;
  private static final int WITHOUT = 1;

  private final LongAdder[] whole = {new LongAdder(), new LongAdder()};
  private final LongAdder[] degraded = {new LongAdder(), new LongAdder()};
  private final LongAdder[] failed = {new LongAdder(), new LongAdder()};
  private final LongAdder[] left = {new LongAdder(), new LongAdder()};

  void answered(boolean isProtected, boolean isDegraded) {
    (isDegraded ? degraded : whole)[mode(isProtected)].increment();
  }

  void failed(boolean isProtected) {
    failed[mode(isProtected)].increment();
  }

  void left(boolean isProtected) {
    left[mode(isProtected)].increment();
  }

  private static int mode(boolean isProtected) {
    return isProtected ? WITH : WITHOUT;
  }

  long answered() {
    return whole[WITH].sum() + whole[WITHOUT].sum() + degraded[WITH].sum();
  }

  String table() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "%-20s %9s %9s %9s %9s %13s%n",
            "orders",
            "complete",
            "degraded",
            "failed",
            "left",
            "answered"));
    row(table, "with protection", WITH);
    row(table, "without protection", WITHOUT);
    return table.toString();
  }

  private void row(StringBuilder table, String name, int mode) {
    long answered = whole[mode].sum() + degraded[mode].sum();
    long waited = answered + failed[mode].sum();
    table.append(
        String.format(
            Locale.ROOT,
            "%-20s %9d %9d %9d %9d %13s%n",
            name,
            whole[mode].sum(),
            degraded[mode].sum(),
            failed[mode].sum(),
            left[mode].sum(),
            waited == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", 100.0 * answered / waited)));
  }
}
