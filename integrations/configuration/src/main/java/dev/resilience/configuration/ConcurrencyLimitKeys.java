package dev.resilience.configuration;

import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.text.SafeText;
import java.time.Duration;

/** What can be said of a {@link ConcurrencyLimit}: one that adapts, or one with fixed permits. */
final class ConcurrencyLimitKeys {

  static final Section SECTION =
      new Section("concurrency_limit", "Limits how many calls are under way at once: a bulkhead.");

  static final Setting<Integer> PERMITS =
      SECTION.add(
          "permits",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "none: the limit adapts",
          "a fixed limit, in place of `starting_at`, `floor` and `ceiling`");
  static final Setting<Integer> STARTING_AT =
      SECTION.add(
          "starting_at",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "10",
          "the limit before the first samples");
  static final Setting<Integer> FLOOR =
      SECTION.add("floor", ValueType.wholeNumber(1, Integer.MAX_VALUE), "1", "the smallest limit");
  static final Setting<Integer> CEILING =
      SECTION.add(
          "ceiling",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "1000",
          "the largest limit; at least `floor`");
  static final Setting<Integer> MAX_WAITING =
      SECTION.add(
          "max_waiting",
          ValueType.wholeNumber(0, Integer.MAX_VALUE),
          "any number; with `permits` 0, or with `max_wait`, too, any number",
          "how many calls may wait");
  static final Setting<Duration> MAX_WAIT =
      SECTION.add(
          "max_wait",
          ValueType.durationOrZero(),
          "1s; with `permits` as long as the context lets",
          "how long a call may wait, besides its deadline; more than 0 with `permits`");

  private ConcurrencyLimitKeys() {}

  static ConcurrencyLimit.AdaptiveBuilder apply(
      Values values, ConcurrencyLimit.AdaptiveBuilder builder) {
    values.ifGiven(STARTING_AT, builder::startingAt);
    if (values.has(FLOOR) || values.has(CEILING)) {
      builder.between(values.get(FLOOR, 1), ceiling(values));
    }
    values.ifGiven(MAX_WAITING, builder::maxWaiting);
    values.ifGiven(MAX_WAIT, builder::maxWait);
    return builder;
  }

  /** A floor above the usual ceiling lifts that, too. */
  private static int ceiling(Values values) {
    return values.get(CEILING, Math.max(1_000, values.get(FLOOR, 1)));
  }

  static ConcurrencyLimit.Builder applyFixed(Values values, ConcurrencyLimit.Builder builder) {
    onlyAdaptive(values, STARTING_AT);
    onlyAdaptive(values, FLOOR);
    onlyAdaptive(values, CEILING);
    values.ifGiven(MAX_WAITING, builder::maxWaiting);
    values.ifGiven(
        MAX_WAIT,
        longest -> {
          if (longest.isZero()) {
            throw new IllegalArgumentException(
                "max_wait: 0 s (expected: more than 0, or max_waiting: 0)");
          }
          builder.maxWait(longest);
        });
    return builder;
  }

  private static void onlyAdaptive(Values values, Setting<Integer> setting) {
    values.ifGiven(
        setting,
        number -> {
          throw new IllegalArgumentException(
              setting + ": " + SafeText.of(number) + " (expected: none beside permits)");
        });
  }
}
