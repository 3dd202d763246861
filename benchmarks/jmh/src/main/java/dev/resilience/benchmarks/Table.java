package dev.resilience.benchmarks;

import dev.resilience.benchmarks.Measurements.Figures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Turns JMH's JSON into tables of ratios, one for each JVM. */
public final class Table {

  private final StringBuilder text = new StringBuilder();

  private Table() {}

  /**
   * Writes the tables.
   *
   * @param args the file to write, and the files that JMH wrote
   */
  public static void main(String[] args) throws IOException {
    Table table = new Table();
    table.text.append("Written by `benchmarks/run jmh`; do not edit.\n");
    for (int i = 1; i < args.length; i++) {
      table.add(Measurements.of(Path.of(args[i])));
    }
    Path out = Path.of(args[0]);
    Files.createDirectories(out.toAbsolutePath().getParent());
    Files.writeString(out, table.text);
  }

  private void add(Measurements run) {
    Figures clock = run.figures(Row.CLOCK);
    Figures call = run.figures(Row.CALL);
    text.append("\n## ").append(run.jvm()).append("\n\n");
    text.append(
        String.format(
            Locale.ROOT,
            "%d processors. Medians of %d forks, in brackets the quickest and the slowest fork; of"
                + " each fork the quickest tenth of its slices counts.%n",
            Runtime.getRuntime().availableProcessors(),
            run.forks()));
    if (clock == null || call == null) {
      text.append("The floor was not measured, so there are no targets.\n");
      return;
    }
    text.append(
        "The floor: a reading of the clock %s ns, a call %s ns.%n%n"
            .formatted(number(clock.nanos()), number(call.nanos())));
    text.append(
        "| work | ours, ns | bytes | floor, ns | peers, ns | times faster (target) | target, ns |"
            + " ours ÷ target |\n");
    text.append("|---|---|---|---|---|---|---|---|\n");
    for (Row row : Row.ALL) {
      Figures ours = run.figures(row.benchmark());
      if (ours != null) {
        add(row, ours, clock.nanos(), call.nanos(), run);
      }
    }
  }

  private void add(Row row, Figures ours, double clock, double call, Measurements run) {
    List<String> peers = new ArrayList<>();
    double best = Double.POSITIVE_INFINITY;
    for (Row.Peer peer : row.peers()) {
      Figures theirs = run.figures(peer.benchmark());
      if (theirs != null) {
        peers.add(peer.name() + " " + number(theirs.nanos()));
        best = Math.min(best, theirs.nanos());
      }
    }
    double target =
        row.timesPeer() == null ? row.clockReads() * clock + row.nanos() : row.timesPeer() * best;
    text.append(
        String.format(
            Locale.ROOT,
            "| %s | %s (%s to %s) | %s | %s | %s | %s | %s | %s |%n",
            row.work(),
            number(ours.nanos()),
            number(ours.least()),
            number(ours.most()),
            bytes(row, ours),
            number(row.clockReads() == 0 ? call : row.clockReads() * clock),
            peers.isEmpty() ? "–" : String.join(", ", peers),
            ratio(row, best / ours.nanos()),
            Double.isNaN(target) ? "–" : number(target),
            Double.isNaN(target) ? "–" : verdict(ours.nanos() / target)));
  }

  private static String bytes(Row row, Figures ours) {
    String measured = String.valueOf(Math.round(ours.bytes()));
    return row.bytes() == null ? measured : measured + " (target " + row.bytes() + ")";
  }

  private static String ratio(Row row, double measured) {
    String shown = Double.isFinite(measured) ? number(measured) : "–";
    return row.timesFaster() == null ? shown : shown + " (" + number(row.timesFaster()) + ")";
  }

  /** What is over is set in bold. */
  private static String verdict(double share) {
    String shown = String.format(Locale.ROOT, "%.2f", share);
    return share <= 1 ? shown : "**" + shown + "**";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.1f" : "%,.0f", value);
  }
}
