package dev.resilience.examples.cache;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;

/**
 * Two JVMs with near caches over one Redis: how long until an update in one is seen in the other.
 * Starts a redis-server and a second JVM, and ends both.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=cache.TwoMachines
 * mvn -q -Pdemo -Dmain=cache.TwoMachines -Dargs=500
 * }</pre>
 */
public final class TwoMachines {

  private static final int UPDATES = 2_000;
  private static final int WARM_UP = 200;

  private TwoMachines() {}

  /**
   * Runs the example. Ends the process with 1 where it could not run, or something stale was seen.
   *
   * @param args how many updates; 2,000 if not given
   */
  public static void main(String... args) {
    int exitCode;
    try {
      exitCode = run(args.length == 0 ? UPDATES : Integer.parseInt(args[0]), System.out);
    } catch (IOException | NumberFormatException failed) {
      System.err.println("two-machines: " + failed.getMessage());
      exitCode = 1;
    }
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  static int run(int updates, PrintStream out) throws IOException {
    try (RedisProcess redis = RedisProcess.start();
        CancellableContext app = Context.background().withCancel();
        Numbers numbers = new Numbers(app, redis.uri())) {
      numbers.awaitRedis();
      numbers.set(0);
      try (OtherMachine there = OtherMachine.start(redis.uri())) {
        there.answer();
        Delays set = new Delays(updates);
        Delays seen = new Delays(updates);
        Delays answer = new Delays(updates);
        for (int i = 1; i <= WARM_UP + updates; i++) {
          update(i, numbers, there, set, seen);
          ping(there, answer);
        }
        there.order("sum");
        String[] sum = there.answer().split(" ", 3);
        out.printf(Locale.ROOT, "%,d updates here, in microseconds%n%n", updates);
        out.printf("  %-42s %8s %8s %8s %8s%n", "", "p50", "p95", "p99", "max");
        set.print("until Redis has it", out);
        seen.print("until it is seen there, and we are told", out);
        answer.print("  of which to ask and be told takes", out);
        out.printf(
            Locale.ROOT,
            "%n%,d reads there meanwhile, %,d of them from the near copy, %s stale%n",
            Long.parseLong(sum[0]),
            Long.parseLong(sum[1]),
            sum[2]);
        return sum[2].equals("0") ? 0 : 1;
      }
    }
  }

  private static void update(
      int number, Numbers numbers, OtherMachine there, Delays set, Delays seen) throws IOException {
    there.order(String.valueOf(number));
    there.answer(); // it reads and waits for that number
    long begun = System.nanoTime();
    numbers.set(number);
    long done = System.nanoTime();
    there.answer();
    set.add(done - begun);
    seen.add(System.nanoTime() - begun);
  }

  private static void ping(OtherMachine there, Delays answer) throws IOException {
    long begun = System.nanoTime();
    there.order("ping");
    there.answer();
    answer.add(System.nanoTime() - begun);
  }

  /** The last ones count; those before are to warm up. */
  private static final class Delays {

    private final long[] nanos;
    private int count;

    Delays(int size) {
      nanos = new long[size];
    }

    void add(long delay) {
      nanos[count++ % nanos.length] = delay;
    }

    void print(String what, PrintStream out) {
      long[] sorted = nanos.clone();
      Arrays.sort(sorted);
      out.printf(
          Locale.ROOT,
          "  %-42s %,8d %,8d %,8d %,8d%n",
          what,
          micros(sorted, 0.5),
          micros(sorted, 0.95),
          micros(sorted, 0.99),
          micros(sorted, 1));
    }

    private static long micros(long[] sorted, double quantile) {
      return sorted[(int) Math.ceil(quantile * sorted.length) - 1] / 1_000;
    }
  }
}
