package dev.resilience.micrometer;

import dev.resilience.concurrent.ResourcePool;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/** A pool of resources. Meters {@code resilience.resource.…}; tag {@code pool}. */
public final class ResourcePoolMetrics implements MeterBinder {

  private final ResourcePool<?> pool;

  private ResourcePoolMetrics(ResourcePool<?> pool) {
    this.pool = Objects.requireNonNull(pool, "pool");
  }

  /** For one pool. */
  public static ResourcePoolMetrics of(ResourcePool<?> pool) {
    return new ResourcePoolMetrics(pool);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    var meters = new Meters<ResourcePool<?>>(registry, pool, Tags.of("pool", pool.name()));
    meters
        .gauge("resilience.resource.idle", "resources", "Idle", p -> p.snapshot().idle())
        .gauge("resilience.resource.lent", "resources", "Lent", p -> p.snapshot().lent())
        .gauge(
            "resilience.resource.waiting",
            "borrowers",
            "Borrowers in the queue",
            p -> p.snapshot().waiting())
        .counter("resilience.resource.opened", "resources", "Opened", p -> p.snapshot().opened())
        .counter("resilience.resource.closed", "resources", "Closed", p -> p.snapshot().closed())
        .counter(
            "resilience.resource.revoked",
            "resources",
            "Taken away at the end of the borrower's context",
            p -> p.snapshot().revoked())
        .counter(
            "resilience.resource.refused",
            "borrowers",
            "Borrowers that would have waited in vain",
            p -> p.snapshot().refused());
  }
}
