package dev.resilience.configuration;

import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;

/** What can be said of a {@link FixedTimeout}. */
final class TimeoutKeys {

  static final Section SECTION = new Section("timeout", "Limits how long an attempt may take.");

  static final Setting<Duration> LIMIT =
      SECTION.addMain(
          "limit",
          ValueType.positiveDuration(),
          "must be given",
          "how long; `timeout: 2s` says the same");
  static final Setting<Boolean> ISOLATED = isolated(SECTION);
  static final Setting<Integer> MAX_THREADS = maxThreads(SECTION);

  private TimeoutKeys() {}

  /** All time-outs have it. */
  static Setting<Boolean> isolated(Section section) {
    return section.add(
        "isolated",
        ValueType.onOff(),
        "off",
        "work runs on another thread, and frees its caller in any case");
  }

  /** All time-outs have it. */
  static Setting<Integer> maxThreads(Section section) {
    return section.add(
        "max_threads",
        ValueType.wholeNumber(1, Integer.MAX_VALUE),
        "256",
        "how many of those, where there are no virtual threads");
  }

  static FixedTimeout.Builder builder(Values values, String name) {
    Duration limit =
        values
            .find(LIMIT)
            .orElseThrow(
                () -> new IllegalArgumentException("no limit (expected: one, such as 250ms)"));
    FixedTimeout.Builder builder = FixedTimeout.builder(name, limit);
    if (values.isOn(ISOLATED)) {
      builder.isolated();
    }
    values.ifGiven(MAX_THREADS, builder::maxThreads);
    return builder;
  }
}
