package dev.resilience.page;

import static java.util.Objects.requireNonNull;

import com.github.benmanes.caffeine.cache.stats.CacheStats;
import dev.resilience.cache.CacheSnapshot;
import dev.resilience.cache.ContextCache;
import java.time.Duration;
import java.util.Locale;

/** A panel for a cache. Needs {@code resilience-cache}, which the page itself does not. */
public final class CachePanel {

  private CachePanel() {}

  /** The figures of a cache; hits and misses need Caffeine's {@code recordStats()}. */
  public static Panel of(ContextCache<?, ?> cache) {
    requireNonNull(cache, "cache");
    return () -> panel(cache.snapshot());
  }

  private static PanelSnapshot panel(CacheSnapshot now) {
    CacheStats stats = now.stats();
    PanelSnapshot.Builder panel =
        PanelSnapshot.builder("cache", now.name())
            .figure("entries", now.size())
            .figure(
                "hits",
                stats.requestCount() == 0
                    ? "-"
                    : String.format(Locale.ROOT, "%.1f %%", 100 * stats.hitRate()))
            .figure("misses", stats.missCount())
            .figure("loads", stats.loadSuccessCount())
            .figure("failed loads", stats.loadFailureCount())
            .figure("mean load", Duration.ofNanos((long) stats.averageLoadPenalty()))
            .figure("loading", now.loading())
            .figure("waiting", now.waiting())
            .figure("evicted", stats.evictionCount())
            .figure("refreshes", now.refreshes())
            .figure("stale served", now.staleServed())
            .figure("callers left", now.callersLeft());
    if (now.loadsLeftBehind() > 0) {
      panel.status(
          Status.WARNING, now.loadsLeftBehind() + " loads ignore that nobody waits any more");
    }
    return panel.build();
  }
}
