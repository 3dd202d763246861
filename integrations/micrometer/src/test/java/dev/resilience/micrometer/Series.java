package dev.resilience.micrometer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The few forms of PromQL that the dashboard uses, over what a registry said step by step: {@code
 * sum by (x) (rate(m[i]))}, {@code max by (x) (m)}, {@code histogram_quantile(q, …)}.
 */
final class Series {

  private static final Pattern SAMPLE =
      Pattern.compile("([a-z_0-9]+)(?:\\{(.*?)})? (\\S+)(?: .*)?");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");
  private static final Pattern QUANTILE =
      Pattern.compile("histogram_quantile\\(([0-9.]+), (.*)\\)");
  private static final Pattern AGGREGATE =
      Pattern.compile("(sum|max) by \\(([a-z_, ]+)\\) \\((.*)\\)");
  private static final Pattern RATE = Pattern.compile("rate\\((.*)\\[\\$__rate_interval]\\)");
  private static final Pattern SELECTOR = Pattern.compile("([a-z_0-9]+)(?:\\{(.*)})?");

  private record Sample(String name, Map<String, String> labels, double value) {}

  private final List<List<Sample>> steps;
  private final double seconds;

  Series(List<String> scrapes, double seconds) {
    this.steps = scrapes.stream().map(Series::parse).toList();
    this.seconds = seconds;
  }

  private static List<Sample> parse(String scrape) {
    List<Sample> samples = new ArrayList<>();
    for (String line : scrape.lines().toList()) {
      Matcher sample = SAMPLE.matcher(line);
      if (!line.startsWith("#") && sample.matches()) {
        double value = Double.parseDouble(sample.group(3).replace("+Inf", "Infinity"));
        samples.add(new Sample(sample.group(1), labels(sample.group(2)), value));
      }
    }
    return samples;
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new TreeMap<>();
    Matcher label = LABEL.matcher(text == null ? "" : text);
    while (label.find()) {
      labels.put(label.group(1), label.group(2));
    }
    return labels;
  }

  /** The names of all metrics that a query asks for. */
  static List<String> metrics(String expression) {
    return Pattern.compile("\\b(?:resilience|cache)_[a-z_0-9]+")
        .matcher(expression)
        .results()
        .map(found -> found.group())
        .toList();
  }

  boolean has(String metric) {
    return steps.stream().flatMap(List::stream).anyMatch(s -> s.name().equals(metric));
  }

  /** The lines of a query: a value for each step, by the labels that distinguish them. */
  Map<Map<String, String>, double[]> query(String expression) {
    Matcher quantile = QUANTILE.matcher(expression);
    if (quantile.matches()) {
      return quantiles(Double.parseDouble(quantile.group(1)), query(quantile.group(2)));
    }
    Matcher aggregate = AGGREGATE.matcher(expression);
    if (!aggregate.matches()) {
      throw new IllegalArgumentException(expression);
    }
    List<String> by = Stream.of(aggregate.group(2).split(", ", -1)).toList();
    boolean sums = aggregate.group(1).equals("sum");
    Matcher rate = RATE.matcher(aggregate.group(3));
    Map<Map<String, String>, double[]> lines =
        rate.matches() ? rates(select(rate.group(1))) : select(aggregate.group(3));
    Map<Map<String, String>, double[]> merged = new LinkedHashMap<>();
    lines.forEach(
        (labels, values) -> {
          Map<String, String> kept = new TreeMap<>(labels);
          kept.keySet().retainAll(by);
          merged.merge(
              kept,
              values.clone(),
              (a, b) -> {
                for (int i = 0; i < a.length; i++) {
                  a[i] = sums ? a[i] + b[i] : Math.max(a[i], b[i]);
                }
                return a;
              });
        });
    return merged;
  }

  private Map<Map<String, String>, double[]> select(String selector) {
    Matcher parts = SELECTOR.matcher(selector);
    if (!parts.matches()) {
      throw new IllegalArgumentException(selector);
    }
    Map<String, String> wanted = labels(parts.group(2));
    Map<Map<String, String>, double[]> lines = new LinkedHashMap<>();
    for (int step = 0; step < steps.size(); step++) {
      for (Sample sample : steps.get(step)) {
        if (sample.name().equals(parts.group(1))
            && sample.labels().entrySet().containsAll(wanted.entrySet())) {
          lines.computeIfAbsent(sample.labels(), l -> new double[steps.size()])[step] =
              sample.value();
        }
      }
    }
    return lines;
  }

  private Map<Map<String, String>, double[]> rates(Map<Map<String, String>, double[]> lines) {
    return map(
        lines,
        values -> {
          double[] rates = new double[values.length];
          for (int i = 1; i < values.length; i++) {
            rates[i] = Math.max(0, values[i] - values[i - 1]) / seconds;
          }
          return rates;
        });
  }

  private static Map<Map<String, String>, double[]> map(
      Map<Map<String, String>, double[]> lines, Function<double[], double[]> change) {
    return lines.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                e -> change.apply(e.getValue()),
                (a, b) -> a,
                LinkedHashMap::new));
  }

  private static Map<Map<String, String>, double[]> quantiles(
      double q, Map<Map<String, String>, double[]> buckets) {
    Map<Map<String, String>, TreeMap<Double, double[]>> histograms = new LinkedHashMap<>();
    buckets.forEach(
        (labels, values) -> {
          Map<String, String> rest = new TreeMap<>(labels);
          double le = Double.parseDouble(rest.remove("le").replace("+Inf", "Infinity"));
          histograms.computeIfAbsent(rest, l -> new TreeMap<>()).put(le, values);
        });
    Map<Map<String, String>, double[]> lines = new LinkedHashMap<>();
    histograms.forEach(
        (labels, histogram) -> {
          double[] line = new double[histogram.firstEntry().getValue().length];
          for (int step = 0; step < line.length; step++) {
            double all = histogram.lastEntry().getValue()[step];
            for (var bucket : histogram.entrySet()) {
              if (all > 0 && bucket.getValue()[step] >= q * all) {
                line[step] = bucket.getKey();
                break;
              }
            }
          }
          lines.put(labels, line);
        });
    return lines;
  }
}
