package dev.resilience.configuration;

import dev.resilience.limit.RateLimit;
import java.time.Duration;

/** What can be said of a {@link RateLimit}. */
final class RateLimitKeys {

  static final Section SECTION =
      new Section("rate_limit", "Limits how many calls are made in a time, after a wait in line.");

  static final Setting<Integer> RATE =
      SECTION.add(
          "rate",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "100",
          "how many calls in the time `per`");
  static final Setting<Duration> PER =
      SECTION.add("per", ValueType.positiveDuration(), "1s", "the time of `rate`");
  static final Setting<Integer> BURST =
      SECTION.add(
          "burst",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "`rate`",
          "how many calls at once after a pause");
  static final Setting<Boolean> STRICT_WINDOW =
      SECTION.add(
          "strict_window",
          ValueType.onOff(),
          "off",
          "never more than `rate` in any window of `per`; without `burst`");
  static final Setting<Duration> MAX_WAIT =
      SECTION.add(
          "max_wait",
          ValueType.durationOrZero(),
          "as long as the context lets",
          "how long a call may wait, besides its deadline");

  private RateLimitKeys() {}

  static RateLimit.Builder apply(Values values, RateLimit.Builder builder) {
    builder.rate(rate(values), per(values));
    values.ifGiven(BURST, builder::burst);
    if (values.isOn(STRICT_WINDOW)) {
      builder.strictWindow();
    }
    values.ifGiven(MAX_WAIT, builder::maxWait);
    return builder;
  }

  private static int rate(Values values) {
    return values.get(RATE, 100);
  }

  private static Duration per(Values values) {
    return values.get(PER, Duration.ofSeconds(1));
  }

  /** Whether a limit in use can take the new values on, with those who wait in its line. */
  static boolean canChange(Values from, Values to) {
    return rest(from).equals(rest(to)) && !to.isOn(STRICT_WINDOW);
  }

  private static Values rest(Values values) {
    return values.without(RATE).without(PER).without(BURST);
  }

  static void change(RateLimit limit, Values to) {
    limit.changeRate(rate(to), per(to));
    limit.changeBurst(to.get(BURST, rate(to)));
  }
}
