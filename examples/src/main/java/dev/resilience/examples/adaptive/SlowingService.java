package dev.resilience.examples.adaptive;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A service whose calls take 20 ms in the middle turns three times slower for a minute and
 * recovers, under virtual time; four callers go on all the while.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=adaptive.SlowingService -Dargs=examples/target
 * }</pre>
 *
 * <p>Writes {@code slowing-service.csv} and {@code slowing-service.png} to the folder of the first
 * argument, by default the present one.
 */
public final class SlowingService {

  private static final Duration SLOW_FROM = Duration.ofMinutes(2);
  private static final Duration SLOW_TO = Duration.ofMinutes(3);
  private static final Duration END = Duration.ofMinutes(5);
  private static final double SIGMA = 0.4;

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final AdaptiveTimeout timeout =
      AdaptiveTimeout.builder("service")
          .between(Duration.ofMillis(10), Duration.ofSeconds(2))
          .build();
  private final Resilience stack = Resilience.of(timeout);
  private final List<Sample> samples = new ArrayList<>();

  private SlowingService() {}

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    if (args.length > 1 || (args.length == 1 && !Files.isDirectory(Path.of(args[0])))) {
      System.err.println("usage: SlowingService [folder that exists]");
      System.exit(2);
    }
    Path folder = Path.of(args.length == 0 ? "." : args[0]);
    List<Sample> samples = new SlowingService().run();
    write(samples, folder.resolve("slowing-service.csv"));
    SeriesPlot.write(samples, folder.resolve("slowing-service.png"));
    System.out.println(summary(samples));
    System.out.println("written to " + folder.toAbsolutePath().normalize());
  }

  private List<Sample> run() throws Exception {
    return time.run(
        () -> {
          for (int i = 0; i < 4; i++) {
            time.start(
                "caller-" + i,
                () -> {
                  while (time.elapsed().compareTo(END) < 0) {
                    call();
                  }
                });
          }
          root.sleep(END.plusSeconds(5));
          return samples;
        });
  }

  private void call() throws InterruptedException {
    Duration begun = time.elapsed();
    double median = isSlow(begun) ? 60 : 20;
    double takes = median * Math.exp(SIGMA * time.random().nextGaussian());
    Duration limit = timeout.limit();
    boolean timedOut = false;
    try {
      stack.run(root, c -> c.sleep(Duration.ofNanos((long) (takes * 1e6))));
    } catch (AttemptTimeoutException limitPassed) {
      timedOut = true;
    }
    samples.add(new Sample(begun.toNanos() / 1e9, takes, limit.toNanos() / 1e6, timedOut));
  }

  private static boolean isSlow(Duration now) {
    return now.compareTo(SLOW_FROM) >= 0 && now.compareTo(SLOW_TO) < 0;
  }

  private static void write(List<Sample> samples, Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("at_s,would_take_ms,limit_ms,timed_out");
    for (Sample s : samples) {
      lines.add(
          String.format(
              Locale.ROOT, "%.3f,%.1f,%.1f,%b", s.at(), s.wouldTake(), s.limit(), s.timedOut()));
    }
    Files.write(file, lines);
  }

  private static String summary(List<Sample> samples) {
    StringBuilder table =
        new StringBuilder("from s  to s   calls  timed out   limit ms (least, most)\n");
    int[] edges = {0, 10, 120, 140, 180, 200, 300};
    for (int i = 0; i < edges.length - 1; i++) {
      double from = edges[i];
      double to = edges[i + 1];
      List<Sample> part = samples.stream().filter(s -> s.at() >= from && s.at() < to).toList();
      long failed = part.stream().filter(Sample::timedOut).count();
      table.append(
          String.format(
              Locale.ROOT,
              "%6.0f %5.0f %7d %9.2f %%   %.0f to %.0f%n",
              from,
              to,
              part.size(),
              100.0 * failed / part.size(),
              part.stream().mapToDouble(Sample::limit).min().orElse(0),
              part.stream().mapToDouble(Sample::limit).max().orElse(0)));
    }
    return table.toString();
  }
}
