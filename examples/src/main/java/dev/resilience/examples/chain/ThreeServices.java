package dev.resilience.examples.chain;

import static java.time.Duration.ZERO;

import dev.resilience.examples.program.Table;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

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

  static final String NONE = "none";
  static final String TIME_LEFT = "the time left";
  static final String AHEAD = "  the second clock 5 s ahead";
  static final String BEHIND = "  the second clock 5 s behind";
  static final String MOMENT = "the moment, the second clock 5 s ahead";

  private static final Duration LENGTH = Duration.ofSeconds(12);
  private static final Duration WRONG = Duration.ofSeconds(5);

  private ThreeServices() {}

  /**
   * Plays five runs and prints a table.
   *
   * @param args a seed; none: 1
   */
  public static void main(String... args) throws Exception {
    long seed = args.length == 0 ? 1 : Long.parseLong(args[0]);
    print(play(seed, LENGTH), System.out);
  }

  /** The figures of five runs, by what they are. */
  static Map<String, Books.Figures> play(long seed, Duration length) throws Exception {
    Map<String, Books.Figures> runs = new LinkedHashMap<>();
    runs.put(NONE, Chain.play(seed, length, Deadlines.NOT_SENT, ZERO));
    runs.put(TIME_LEFT, Chain.play(seed, length, Deadlines.TIME_LEFT, ZERO));
    runs.put(AHEAD, Chain.play(seed, length, Deadlines.TIME_LEFT, WRONG));
    runs.put(BEHIND, Chain.play(seed, length, Deadlines.TIME_LEFT, WRONG.negated()));
    runs.put(MOMENT, Chain.play(seed, length, Deadlines.MOMENT, WRONG));
    return runs;
  }

  static void print(Map<String, Books.Figures> runs, PrintStream out) {
    out.println("Three services in a row, 125 callers a second with 300 ms each; in the middle");
    out.println("third of the run the second service is three times slower.");
    out.println();
    Table table =
        new Table("deadlines on the wire", "answered", "work", "for nobody", "refused for time");
    runs.forEach((name, figures) -> row(table, name, figures));
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
