package dev.resilience.configuration;

import dev.resilience.text.DurationText;
import dev.resilience.timeout.AdaptiveTimeout;
import java.time.Duration;

/** What can be said of an {@link AdaptiveTimeout}. */
final class AdaptiveTimeoutKeys {

  private static final Duration USUAL_FLOOR = Duration.ofMillis(500);
  private static final Duration USUAL_CEILING = Duration.ofSeconds(2);
  private static final Duration DAY = Duration.ofDays(1);

  static final Section SECTION =
      new Section("adaptive_timeout", "Limits how long an attempt may take, by recent durations.");

  static final Setting<Double> PERCENTILE =
      SECTION.add("percentile", ValueType.percentile(), "0.95", "of the recent durations");
  static final Setting<Double> MULTIPLIER =
      SECTION.add(
          "multiplier",
          ValueType.number(1, 100),
          "2",
          "by how much the limit exceeds the percentile");
  static final Setting<Duration> FLOOR =
      SECTION.add(
          "floor",
          ValueType.duration(Duration.ofNanos(1), DAY),
          "500ms; no more than `ceiling`",
          "the shortest limit");
  static final Setting<Duration> CEILING =
      SECTION.add(
          "ceiling",
          ValueType.duration(Duration.ofNanos(1), DAY),
          "2s; no less than `floor`",
          "the longest limit; at least `floor`");
  static final Setting<Duration> STARTING_AT =
      SECTION.add(
          "starting_at",
          ValueType.positiveDuration(),
          "`ceiling`",
          "the limit until there are samples; from `floor` to `ceiling`");
  static final Setting<Integer> MIN_SAMPLES =
      SECTION.add(
          "min_samples",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "10",
          "how many that takes; at most half of `window`");
  static final Setting<Integer> WINDOW =
      SECTION.add(
          "window",
          ValueType.wholeNumber(100, Integer.MAX_VALUE),
          "1000",
          "how many calls are looked at");
  static final Setting<Duration> WINDOW_TIME =
      SECTION.add(
          "window_time",
          ValueType.positiveDuration(),
          "30s",
          "how far back calls are looked at; the shorter of the two counts");
  static final Setting<Boolean> ISOLATED = TimeoutKeys.isolated(SECTION);
  static final Setting<Integer> MAX_THREADS = TimeoutKeys.maxThreads(SECTION);

  private AdaptiveTimeoutKeys() {}

  static AdaptiveTimeout.Builder apply(Values values, AdaptiveTimeout.Builder builder) {
    values.ifGiven(PERCENTILE, builder::percentile);
    values.ifGiven(MULTIPLIER, builder::multiplier);
    if (values.has(FLOOR) || values.has(CEILING)) {
      between(values, builder);
    }
    values.ifGiven(STARTING_AT, builder::startingAt);
    values.ifGiven(MIN_SAMPLES, builder::minSamples);
    if (values.has(WINDOW) || values.has(WINDOW_TIME)) {
      builder.window(values.get(WINDOW_TIME, Duration.ofSeconds(30)), values.get(WINDOW, 1000));
    }
    if (values.isOn(ISOLATED)) {
      builder.isolated();
    }
    values.ifGiven(MAX_THREADS, builder::maxThreads);
    return builder;
  }

  private static void between(Values values, AdaptiveTimeout.Builder builder) {
    Duration floor = values.get(FLOOR, shorter(values.get(CEILING, USUAL_CEILING), USUAL_FLOOR));
    Duration ceiling =
        values.get(CEILING, floor.compareTo(USUAL_CEILING) > 0 ? floor : USUAL_CEILING);
    if (ceiling.compareTo(floor) < 0) {
      throw new IllegalArgumentException(
          "ceiling: "
              + DurationText.of(ceiling)
              + " (expected: at least "
              + DurationText.of(floor)
              + ", the floor)");
    }
    builder.between(floor, ceiling);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
