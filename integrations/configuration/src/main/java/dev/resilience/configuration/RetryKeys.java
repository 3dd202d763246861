package dev.resilience.configuration;

import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.text.DurationText;
import java.time.Duration;

/** What can be said of a {@link Retry}. */
final class RetryKeys {

  static final Section SECTION =
      new Section("retry", "Tries again while somebody waits and there is time.");

  static final Setting<Integer> MAX_ATTEMPTS =
      SECTION.add(
          "max_attempts",
          ValueType.wholeNumber(1, Integer.MAX_VALUE),
          "3",
          "attempts at most, the first one included");
  static final Setting<String> BACKOFF =
      SECTION.add(
          "backoff",
          ValueType.choice("exponential", "constant", "none"),
          "exponential",
          "how delays follow each other");
  static final Setting<Duration> DELAY =
      SECTION.add(
          "delay",
          ValueType.positiveDuration(),
          "100ms, in a preset 50ms",
          "the delay after the first attempt");
  static final Setting<Duration> MAX_DELAY =
      SECTION.add(
          "max_delay",
          ValueType.positiveDuration(),
          "5s, in a preset 1s; at least `delay`",
          "the longest delay of an exponential back-off");
  static final Setting<Double> DELAY_FACTOR =
      SECTION.add(
          "delay_factor", ValueType.numberAtLeast(1), "2", "by what an exponential back-off grows");
  static final Setting<Object> JITTER =
      SECTION.add(
          "jitter",
          ValueType.wordOrShare("full", "equal", "decorrelated", "none"),
          "full",
          "what chance takes from a delay, or adds as a share of it");
  static final Setting<Integer> MAX_REJECTIONS =
      SECTION.add(
          "max_rejections",
          ValueType.wholeNumber(0, Integer.MAX_VALUE),
          "10",
          "how often a call may be refused before work, which is no attempt");
  static final Setting<Duration> MAX_RETRY_AFTER =
      SECTION.add(
          "max_retry_after",
          ValueType.positiveDuration(),
          "1m",
          "the longest wait that a server may ask for");
  static final Setting<Boolean> WAIT_FOR_OPEN_CIRCUIT =
      SECTION.add(
          "wait_for_open_circuit",
          ValueType.onOff(),
          "off",
          "an open circuit is waited for, and does not end the call");

  private RetryKeys() {}

  static Retry.Builder apply(Values values, Retry.Builder builder, boolean isPreset) {
    values.ifGiven(MAX_ATTEMPTS, builder::maxAttempts);
    values.ifGiven(MAX_REJECTIONS, builder::maxRejections);
    values.ifGiven(MAX_RETRY_AFTER, builder::maxRetryAfter);
    if (values.isOn(WAIT_FOR_OPEN_CIRCUIT)) {
      builder.waitForOpenCircuit();
    }
    if (values.has(BACKOFF)
        || values.has(DELAY)
        || values.has(MAX_DELAY)
        || values.has(DELAY_FACTOR)
        || values.has(JITTER)) {
      builder.backoff(backoff(values, isPreset));
    }
    return builder;
  }

  private static Backoff backoff(Values values, boolean isPreset) {
    Duration delay = values.get(DELAY, Duration.ofMillis(isPreset ? 50 : 100));
    String kind = values.get(BACKOFF, "exponential");
    if (!kind.equals("exponential")) {
      onlyExponential(values, MAX_DELAY, kind);
      onlyExponential(values, DELAY_FACTOR, kind);
    }
    return switch (kind) {
      case "none" -> {
        if (values.has(DELAY)) {
          throw new IllegalArgumentException("delay: given (expected: none where backoff is none)");
        }
        yield Backoff.none();
      }
      case "constant" -> withJitter(Backoff.constant(delay), values);
      default -> withJitter(exponential(delay, values, isPreset), values);
    };
  }

  private static void onlyExponential(Values values, Setting<?> setting, String kind) {
    if (values.has(setting)) {
      throw new IllegalArgumentException(
          setting + ": given (expected: none where backoff is " + kind + ")");
    }
  }

  private static Backoff exponential(Duration delay, Values values, boolean isPreset) {
    Duration usual = Duration.ofSeconds(isPreset ? 1 : 5);
    Duration cap = values.get(MAX_DELAY, usual.compareTo(delay) < 0 ? delay : usual);
    if (cap.compareTo(delay) < 0) {
      throw new IllegalArgumentException(
          "max_delay: "
              + DurationText.of(cap)
              + " (expected: at least "
              + DurationText.of(delay)
              + ", the delay)");
    }
    return Backoff.exponential(delay, cap, values.get(DELAY_FACTOR, 2.0));
  }

  private static Backoff withJitter(Backoff backoff, Values values) {
    Object jitter = values.get(JITTER, "full");
    if (jitter instanceof Double share) {
      return backoff.withJitter(share);
    }
    if (jitter.equals("decorrelated") && values.get(BACKOFF, "").equals("constant")) {
      throw new IllegalArgumentException(
          "jitter: decorrelated (expected: another one where backoff is constant)");
    }
    return switch ((String) jitter) {
      case "none" -> backoff;
      case "equal" -> backoff.withEqualJitter();
      case "decorrelated" -> backoff.withDecorrelatedJitter();
      default -> backoff.withFullJitter();
    };
  }
}
