package dev.resilience.configuration;

import dev.resilience.hedge.Hedge;
import java.time.Duration;

/** What can be said of a {@link Hedge}. */
final class HedgeKeys {

  static final Section SECTION =
      new Section(
          "hedge", "Starts a second attempt beside one that is slow; the first answer wins.");

  static final Setting<Integer> MAX_HEDGES =
      SECTION.add(
          "max_hedges", ValueType.wholeNumber(1, 1000), "1", "attempts besides the first one");
  static final Setting<Double> PERCENTILE =
      SECTION.add(
          "percentile",
          ValueType.percentile(),
          "0.95",
          "of the recent durations; a slower attempt is hedged");
  static final Setting<Duration> INITIALLY =
      SECTION.add(
          "initially",
          ValueType.positiveDuration(),
          "100ms",
          "the delay until twenty durations are known");
  static final Setting<Duration> DELAY =
      SECTION.add(
          "delay",
          ValueType.positiveDuration(),
          "none",
          "a fixed delay, in place of `percentile` and `initially`");

  private HedgeKeys() {}

  static Hedge.Builder apply(Values values, Hedge.Builder builder) {
    values.ifGiven(MAX_HEDGES, builder::maxHedges);
    values.ifGiven(INITIALLY, builder::initially);
    values.ifGiven(PERCENTILE, builder::percentile);
    if (values.has(DELAY)) {
      if (values.has(PERCENTILE) || values.has(INITIALLY)) {
        throw new IllegalArgumentException(
            "delay: given (expected: none beside percentile or initially)");
      }
      values.ifGiven(DELAY, builder::delay);
    }
    return builder;
  }
}
