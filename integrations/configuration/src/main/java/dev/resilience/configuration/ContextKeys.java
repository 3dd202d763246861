package dev.resilience.configuration;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.Optional;

/** What can be said of contexts; stands at the top, beside {@code budgets} and {@code stacks}. */
final class ContextKeys {

  static final Section SECTION =
      new Section("", "Limits of contexts, and who watches them. Stands at the top.");

  static final Setting<Duration> DEFAULT_TIMEOUT =
      SECTION.add(
          "default_timeout",
          ValueType.positiveDuration(),
          "none",
          "the limit of work that has no deadline; at most `max_timeout`");
  static final Setting<Duration> MAX_TIMEOUT =
      SECTION.add(
          "max_timeout",
          ValueType.positiveDuration(),
          "none",
          "the longest limit, whatever a caller asks for");
  static final Setting<Boolean> ENABLE_LEAK_DETECTION =
      SECTION.add(
          "enable_leak_detection",
          ValueType.onOff(),
          "off",
          "contexts made from now on are watched for leaks");
  static final Setting<Duration> LEAK_CHECK_INTERVAL =
      SECTION.add(
          "leak_check_interval",
          ValueType.positiveDuration(),
          "30s",
          "how often the detector looks");
  static final Setting<Boolean> ENABLE_METRICS =
      SECTION.add(
          "enable_metrics", ValueType.onOff(), "off", "contexts made from now on are counted");

  private ContextKeys() {}

  static void check(Values values) {
    Optional<Duration> usual = values.find(DEFAULT_TIMEOUT);
    Optional<Duration> longest = values.find(MAX_TIMEOUT);
    if (usual.isPresent() && longest.isPresent() && usual.get().compareTo(longest.get()) > 0) {
      throw new IllegalArgumentException(
          "default_timeout: "
              + DurationText.of(usual.get())
              + " (expected: at most "
              + DurationText.of(longest.get())
              + ", max_timeout)");
    }
  }
}
