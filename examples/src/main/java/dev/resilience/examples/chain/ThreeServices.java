package dev.resilience.examples.chain;

import static java.time.Duration.ofSeconds;

import dev.resilience.examples.program.Table;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * Three services in a row, and callers with 300 ms: how much is done when nobody waits any more,
 * without deadlines on the wire and with them, and what a clock that is wrong by five seconds makes
 * of it. Twelve seconds of traffic, in virtual time.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=chain.ThreeServices
 * mvn -q -Pdemo -Dmain=chain.ThreeServices -Dargs=7      # another seed
 * }</pre>
 *
 * <p>From here, read {@code Service}: a request is headers, and its context derives from the
 * service's own.
 */
public final class ThreeServices {

  private ThreeServices() {}

  /**
   * Plays five runs and prints a table.
   *
   * @param args a seed; none: 1
   */
  public static void main(String... args) throws Exception {
    long seed = args.length == 0 ? 1 : Long.parseLong(args[0]);
    print(seed, System.out);
  }

  static void print(long seed, PrintStream out) throws Exception {
    out.println("Three services in a row, 125 callers a second with 300 ms each; the second");
    out.println("service is three times slower for 4 of 12 s.");
    out.println();
    Table table =
        new Table("deadlines on the wire", "answered", "work", "for nobody", "refused for time");
    row(table, "none", Chain.play(seed, Deadlines.NOT_SENT, Duration.ZERO));
    row(table, "the time left", Chain.play(seed, Deadlines.TIME_LEFT, Duration.ZERO));
    row(table, "  the second clock 5 s ahead", Chain.play(seed, Deadlines.TIME_LEFT, ofSeconds(5)));
    row(
        table,
        "  the second clock 5 s behind",
        Chain.play(seed, Deadlines.TIME_LEFT, ofSeconds(-5)));
    row(
        table,
        "the moment, the second clock 5 s ahead",
        Chain.play(seed, Deadlines.MOMENT, ofSeconds(5)));
    table.print(out);
  }

  private static void row(Table table, String name, Books.Figures figures) {
    table.row(
        name,
        String.format(Locale.ROOT, "%.1f %%", 100.0 * figures.answered() / figures.callers()),
        seconds(figures.worked()),
        seconds(figures.wasted()),
        Integer.toString(figures.refused()));
  }

  private static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f s", time.toNanos() / 1e9);
  }
}
