package dev.resilience.micrometer;

import dev.resilience.hedge.Hedge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/** A hedge. Meters {@code resilience.hedge.…}; tag {@code hedge}. */
public final class HedgeMetrics implements MeterBinder {

  private final Hedge hedge;

  private HedgeMetrics(Hedge hedge) {
    this.hedge = Objects.requireNonNull(hedge, "hedge");
  }

  /** For one hedge. */
  public static HedgeMetrics of(Hedge hedge) {
    return new HedgeMetrics(hedge);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    new Meters<>(registry, hedge, Tags.of("hedge", hedge.name()))
        .counter("resilience.hedge.calls", "calls", "Calls", h -> h.snapshot().calls())
        .counter(
            "resilience.hedge.started",
            "attempts",
            "Attempts beside a slow one",
            h -> h.snapshot().hedges())
        .counter(
            "resilience.hedge.won",
            "attempts",
            "Of these, those with the answer",
            h -> h.snapshot().hedgesWon())
        .counter(
            "resilience.hedge.refused",
            "attempts",
            "Attempts that the budget did not pay for",
            h -> h.snapshot().refused())
        .time(
            "resilience.hedge.delay",
            "How long an attempt is waited for",
            h -> h.snapshot().delay());
  }
}
