package dev.resilience.benchmarks;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * How long a dump of 100,000 contexts takes, and what it does to a thread that makes contexts under
 * the same monitor meanwhile.
 *
 * <pre>{@code
 * java -cp … dev.resilience.benchmarks.DumpTimes
 * }</pre>
 */
public final class DumpTimes {

  private static final int REQUESTS = 10_000;
  private static final int CHILDREN = 9;
  private static final int ALL = REQUESTS * (1 + CHILDREN);
  private static final int MADE = 1_000_000;
  private static final int ROUNDS = 3;
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final ContextMonitor monitor = ContextMonitor.builder("dump").build();
  private final CancellableContext service =
      Context.observed(TimeSource.system(), monitor).withCancel();
  private final List<Context> standing = new ArrayList<>(ALL);
  private final long[] nanos = new long[MADE];

  private DumpTimes() {
    for (int i = 0; i < REQUESTS; i++) {
      Context request = service.withTimeout(LIMIT);
      standing.add(request);
      for (int child = 0; child < CHILDREN; child++) {
        standing.add(request.withCancel());
      }
    }
  }

  /** Prints all times, several rounds of them: the first ones are those of a cold JVM. */
  public static void main(String... args) throws InterruptedException {
    DumpTimes times = new DumpTimes();
    for (int round = 1; round <= ROUNDS; round++) {
      System.out.printf("Round %d, %,d contexts%n%n", round, times.standing.size() + 1);
      times.dumps();
      times.contextsMade();
    }
  }

  private void dumps() {
    System.out.println("| dump | ms | characters |");
    System.out.println("|---|---|---|");
    dump("the first 1,000, as text", () -> monitor.tree(1_000).toText());
    dump("all, as objects", () -> String.valueOf(monitor.tree(2 * ALL).shown()));
    dump("all, as text", () -> monitor.tree(2 * ALL).toText());
    dump("all, as JSON", () -> monitor.tree(2 * ALL).toJson());
    System.out.println();
  }

  private static void dump(String what, Supplier<String> text) {
    double best = Double.MAX_VALUE;
    int length = 0;
    for (int i = 0; i < 5; i++) {
      long from = System.nanoTime();
      length = text.get().length();
      best = Math.min(best, (System.nanoTime() - from) / 1e6);
    }
    System.out.printf(Locale.ROOT, "| %s | %.1f | %,d |%n", what, best, length);
  }

  private void contextsMade() throws InterruptedException {
    System.out.println("| a context is made and closed | median ns | 99.9 % | longest |");
    System.out.println("|---|---|---|---|");
    make("nobody looks");
    AtomicInteger dumps = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    Thread reader =
        new Thread(
            () -> {
              while (!stop.get()) {
                dumps.addAndGet(Math.min(1, monitor.tree(2 * ALL).toText().length()));
              }
            });
    reader.start();
    try {
      make("all are dumped again and again");
    } finally {
      stop.set(true);
      reader.join();
    }
    System.out.printf("%nDumped %d times meanwhile.%n%n", dumps.get());
  }

  private void make(String what) {
    for (int i = 0; i < MADE; i++) {
      long from = System.nanoTime();
      service.withTimeout(LIMIT).close();
      nanos[i] = System.nanoTime() - from;
    }
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "| %s | %,d | %,d | %,d |%n",
        what,
        nanos[MADE / 2],
        nanos[MADE - MADE / 1000],
        nanos[MADE - 1]);
  }
}
