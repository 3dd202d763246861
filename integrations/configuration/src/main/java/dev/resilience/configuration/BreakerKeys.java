package dev.resilience.configuration;

import dev.resilience.breaker.Breaker;
import dev.resilience.text.DurationText;
import java.time.Duration;

/** What can be said of a {@link Breaker}. */
final class BreakerKeys {

  static final Section SECTION =
      new Section("breaker", "Stops calling a dependency that fails, and probes it.");

  static final Setting<Double> FAILURE_RATE =
      SECTION.add(
          "failure_rate",
          ValueType.share(),
          "0.5",
          "the share of failures in the window at which the circuit opens");
  static final Setting<Integer> WINDOW =
      SECTION.add(
          "window", ValueType.wholeNumber(1, 1_000_000), "20", "how many results are looked at");
  static final Setting<Duration> WINDOW_TIME =
      SECTION.add(
          "window_time",
          ValueType.duration(Duration.ofNanos(10), Duration.ofDays(1)),
          "none",
          "how far back results are looked at, in place of `window`");
  static final Setting<Integer> MINIMUM_CALLS =
      SECTION.add(
          "minimum_calls",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "half of `window`; 10 with `window_time`",
          "with fewer results the rate says nothing; at most `window`");
  static final Setting<Integer> CONSECUTIVE_FAILURES =
      SECTION.add(
          "consecutive_failures",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "none",
          "opens also after so many failures in a row; at most `window`");
  static final Setting<Double> SLOW_CALL_RATE =
      SECTION.add(
          "slow_call_rate",
          ValueType.share(),
          "none",
          "the share of slow calls at which the circuit opens; with `slow_call_duration`");
  static final Setting<Duration> SLOW_CALL_DURATION =
      SECTION.add(
          "slow_call_duration",
          ValueType.positiveDuration(),
          "none",
          "how long a slow call takes at least; with `slow_call_rate`");
  static final Setting<Boolean> COUNT_SLOW_WHILE_RUNNING =
      SECTION.add(
          "count_slow_while_running",
          ValueType.onOff(),
          "off",
          "a call counts as slow while it still runs; with `slow_call_rate`");
  static final Setting<Duration> TIMEOUTS_OPEN_AFTER =
      SECTION.add(
          "timeouts_open_after",
          ValueType.durationOrZero(),
          "500ms",
          "for how long next to nothing gets through before time-outs open the circuit");
  static final Setting<Boolean> COUNT_TIMEOUTS_AS_FAILURES =
      SECTION.add(
          "count_timeouts_as_failures",
          ValueType.onOff(),
          "off",
          "a time-out is a failure like others");
  static final Setting<Duration> OPEN_FOR =
      SECTION.add(
          "open_for",
          ValueType.positiveDuration(),
          "10s, in a preset 100ms",
          "how long the circuit stays open before it is probed");
  static final Setting<Duration> MAX_OPEN_FOR =
      SECTION.add(
          "max_open_for",
          ValueType.positiveDuration(),
          "`open_for`, in a preset 400ms; at least `open_for`",
          "to what that grows with each probe that fails");
  static final Setting<Integer> HALF_OPEN_PERMITS =
      SECTION.add(
          "half_open_permits", ValueType.wholeNumber(1, 1000), "1", "how many probes at once");
  static final Setting<Integer> CLOSE_AFTER =
      SECTION.add(
          "close_after",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "1",
          "how many probes have to succeed before the circuit closes");
  static final Setting<Integer> REOPEN_AFTER =
      SECTION.add(
          "reopen_after",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "1",
          "how many probes have to go wrong before the circuit opens again");
  static final Setting<Duration> PROBE_TIMEOUT =
      SECTION.add(
          "probe_timeout",
          ValueType.positiveDuration(),
          "1m",
          "how long a probe may hold its permit before another call may take it over");
  static final Setting<Boolean> COUNT_SUCCESSES =
      SECTION.add(
          "count_successes", ValueType.onOff(), "off", "the snapshot counts successes, too");

  private BreakerKeys() {}

  static Breaker.Builder apply(Values values, Breaker.Builder builder, boolean isPreset) {
    values.ifGiven(FAILURE_RATE, builder::failureRate);
    values.ifGiven(WINDOW, builder::window);
    values.ifGiven(
        WINDOW_TIME,
        time -> {
          if (values.has(WINDOW)) {
            throw new IllegalArgumentException("window_time: given (expected: none beside window)");
          }
          builder.window(time);
        });
    values.ifGiven(MINIMUM_CALLS, builder::minimumCalls);
    values.ifGiven(CONSECUTIVE_FAILURES, builder::consecutiveFailures);
    slowCalls(values, builder);
    values.ifGiven(TIMEOUTS_OPEN_AFTER, builder::timeoutsOpenAfter);
    if (values.isOn(COUNT_TIMEOUTS_AS_FAILURES)) {
      builder.countTimeoutsAsFailures();
    }
    openFor(values, builder, isPreset);
    values.ifGiven(HALF_OPEN_PERMITS, builder::halfOpenPermits);
    values.ifGiven(CLOSE_AFTER, builder::closeAfter);
    values.ifGiven(REOPEN_AFTER, builder::reopenAfter);
    values.ifGiven(PROBE_TIMEOUT, builder::probeTimeout);
    if (values.isOn(COUNT_SUCCESSES)) {
      builder.countSuccesses();
    }
    return builder;
  }

  private static void slowCalls(Values values, Breaker.Builder builder) {
    together(values, SLOW_CALL_RATE, SLOW_CALL_DURATION);
    together(values, SLOW_CALL_DURATION, SLOW_CALL_RATE);
    if (values.has(SLOW_CALL_RATE)) {
      builder.slowCallRate(
          values.find(SLOW_CALL_RATE).orElseThrow(), values.find(SLOW_CALL_DURATION).orElseThrow());
    }
    if (values.isOn(COUNT_SLOW_WHILE_RUNNING)) {
      if (!values.has(SLOW_CALL_RATE)) {
        throw new IllegalArgumentException(
            "count_slow_while_running: on (expected: only with slow_call_rate)");
      }
      builder.countSlowWhileRunning();
    }
  }

  private static void together(Values values, Setting<?> given, Setting<?> needed) {
    if (values.has(given) && !values.has(needed)) {
      throw new IllegalArgumentException(
          given + ": given alone (expected: together with " + needed + ")");
    }
  }

  private static void openFor(Values values, Breaker.Builder builder, boolean isPreset) {
    if (!values.has(OPEN_FOR) && !values.has(MAX_OPEN_FOR)) {
      return;
    }
    Duration shortest =
        values.get(OPEN_FOR, isPreset ? Duration.ofMillis(100) : Duration.ofSeconds(10));
    Duration usual = Duration.ofMillis(400);
    Duration longest =
        values.get(MAX_OPEN_FOR, isPreset && usual.compareTo(shortest) > 0 ? usual : shortest);
    if (longest.compareTo(shortest) < 0) {
      throw new IllegalArgumentException(
          "max_open_for: "
              + DurationText.of(longest)
              + " (expected: at least "
              + DurationText.of(shortest)
              + ", open_for)");
    }
    builder.openFor(shortest, longest);
  }
}
