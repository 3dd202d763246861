package dev.resilience.micrometer;

import dev.resilience.cache.CacheSnapshot;
import dev.resilience.cache.ContextCache;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * A cache, with the names that Micrometer has for caches ({@code cache.gets}, {@code cache.size},
 * {@code cache.evictions}; tag {@code cache}), and {@code resilience.cache.…} for what only this
 * one knows. Hits, misses and evictions stay zero unless Caffeine's builder was told {@code
 * recordStats()}. Needs resilience-cache.
 */
public final class CacheMetrics implements MeterBinder {

  private final MeterBinder binder;

  private CacheMetrics(MeterBinder binder) {
    this.binder = binder;
  }

  /** For one cache. */
  public static CacheMetrics of(ContextCache<?, ?> cache) {
    Objects.requireNonNull(cache, "cache");
    return new CacheMetrics(
        registry ->
            new Figures<ContextCache<?, ?>>(
                    new Meters<>(registry, cache, Tags.of("cache", cache.name())),
                    ContextCache::snapshot)
                .bind());
  }

  /**
   * For a cache that has one inside, such as the near tier of a Redis cache: {@code
   * CacheMetrics.of("users", () -> users.snapshot().near())}. The registry holds it for good.
   *
   * @param snapshot asked for each meter when the registry is read
   */
  public static CacheMetrics of(String name, Supplier<CacheSnapshot> snapshot) {
    Objects.requireNonNull(snapshot, "snapshot");
    Tags tags = Tags.of("cache", Objects.requireNonNull(name, "name"));
    return new CacheMetrics(
        registry ->
            // The registry as the source: the supplier has nobody else who would hold it.
            new Figures<>(new Meters<>(registry, registry, tags), r -> snapshot.get()).bind());
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    binder.bindTo(registry);
  }

  private record Figures<S>(Meters<S> meters, Function<S, CacheSnapshot> snapshot) {

    void bind() {
      String gets = "Look-ups";
      String loads = "Loads that are over";
      gauge("cache.size", "entries", "Entries, roughly", CacheSnapshot::size);
      counter("cache.gets", "calls", gets, c -> c.stats().hitCount(), "result", "hit");
      counter("cache.gets", "calls", gets, c -> c.stats().missCount(), "result", "miss");
      counter("cache.evictions", "entries", "Evicted", c -> c.stats().evictionCount());
      String name = "resilience.cache.loads";
      counter(name, "loads", loads, c -> c.stats().loadSuccessCount(), "result", "success");
      counter(name, "loads", loads, c -> c.stats().loadFailureCount(), "result", "failure");
      meters.time(
          "resilience.cache.load.mean",
          "Mean duration of the loads so far",
          s -> Duration.ofNanos((long) snapshot.apply(s).stats().averageLoadPenalty()));
      gauge("resilience.cache.loading", "loads", "Loads under way", CacheSnapshot::loading);
      gauge("resilience.cache.waiting", "calls", "Callers that wait", CacheSnapshot::waiting);
      counter(
          "resilience.cache.left",
          "calls",
          "Callers that left before their load was over",
          CacheSnapshot::callersLeft);
      counter(
          "resilience.cache.abandoned",
          "loads",
          "Loads that nobody waited for any more",
          CacheSnapshot::loadsAbandoned);
      counter(
          "resilience.cache.discarded",
          "loads",
          "Loads whose key was changed meanwhile",
          CacheSnapshot::loadsDiscarded);
      counter(
          "resilience.cache.refreshes",
          "loads",
          "Loads in the background",
          CacheSnapshot::refreshes);
      counter("resilience.cache.stale", "calls", "Stale values served", CacheSnapshot::staleServed);
    }

    private void gauge(
        String name, String unit, String what, ToDoubleFunction<CacheSnapshot> value) {
      meters.gauge(name, unit, what, s -> value.applyAsDouble(snapshot.apply(s)));
    }

    private void counter(
        String name,
        String unit,
        String what,
        ToDoubleFunction<CacheSnapshot> value,
        String... more) {
      meters.counter(name, unit, what, s -> value.applyAsDouble(snapshot.apply(s)), more);
    }
  }
}
