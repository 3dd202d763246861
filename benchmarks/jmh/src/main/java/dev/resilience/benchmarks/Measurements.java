package dev.resilience.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one run of JMH measured on one JVM. */
final class Measurements {

  private static final String BYTES = "gc.alloc.rate.norm";

  /**
   * The figures of one benchmark. Other work on the same processors can only make it look slower,
   * and comes and goes: so many short slices are measured, and of each fork the quickest tenth
   * counts. With two threads that is when both had a processor, since the slice of one that waits
   * is slow.
   *
   * @param nanos per operation: the median of the forks
   * @param least the quickest fork
   * @param most the slowest fork
   * @param bytes allocated per operation
   */
  record Figures(double nanos, double least, double most, double bytes) {}

  private final Map<String, Figures> byBenchmark = new LinkedHashMap<>();
  private String jvm = "";
  private int forks;

  static Measurements of(Path json) throws IOException {
    Measurements measurements = new Measurements();
    for (Object result : list(Json.read(Files.readString(json)))) {
      measurements.add(map(result));
    }
    return measurements;
  }

  private void add(Map<String, Object> result) {
    String[] name = string(result, "benchmark").split("\\.", -1);
    jvm = string(result, "vmName") + " " + string(result, "vmVersion");
    List<Double> ofForks = ofForks(map(result.get("primaryMetric")), 0.1);
    forks = ofForks.size();
    double bytes = 0;
    for (Map.Entry<String, Object> metric : map(result.get("secondaryMetrics")).entrySet()) {
      if (metric.getKey().endsWith(BYTES)) {
        bytes = middle(ofForks(map(metric.getValue()), 0.5));
      }
    }
    byBenchmark.put(
        name[name.length - 2] + "." + name[name.length - 1],
        new Figures(middle(ofForks), ofForks.get(0), ofForks.get(forks - 1), bytes));
  }

  /** Null: was not measured in this run. */
  @Nullable Figures figures(String benchmark) {
    return byBenchmark.get(benchmark);
  }

  String jvm() {
    return jvm;
  }

  int forks() {
    return forks;
  }

  /** The figure of each fork, sorted. */
  private static List<Double> ofForks(Map<String, Object> metric, double quantile) {
    return list(metric.get("rawData")).stream()
        .map(fork -> list(fork).stream().map(Double.class::cast).sorted().toList())
        .map(slices -> slices.get((int) (quantile * (slices.size() - 1))))
        .sorted()
        .toList();
  }

  private static double middle(List<Double> sorted) {
    return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
  }

  private static String string(Map<String, Object> map, String key) {
    return String.valueOf(map.get(key));
  }

  @SuppressWarnings("unchecked") // the keys of JSON are strings
  private static Map<String, Object> map(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return (Map<String, Object>) map;
    }
    throw new IllegalArgumentException("value: " + value + " (expected: an object)");
  }

  private static List<?> list(@Nullable Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException("value: " + value + " (expected: an array)");
  }
}
