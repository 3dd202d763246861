package dev.resilience.micrometer;

import dev.resilience.concurrent.PoolSnapshot;
import dev.resilience.concurrent.WorkerPool;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/** A pool of workers. Meters {@code resilience.pool.…}; tag {@code pool}. */
public final class PoolMetrics implements MeterBinder {

  private final WorkerPool pool;

  private PoolMetrics(WorkerPool pool) {
    this.pool = Objects.requireNonNull(pool, "pool");
  }

  /** For one pool. */
  public static PoolMetrics of(WorkerPool pool) {
    return new PoolMetrics(pool);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    var meters = new Meters<>(registry, pool, Tags.of("pool", pool.name()));
    meters
        .gauge("resilience.pool.queued", "tasks", "Tasks in the queue", p -> p.snapshot().queued())
        .gauge("resilience.pool.running", "tasks", "Tasks under way", p -> p.snapshot().running())
        .gauge("resilience.pool.workers", "threads", "Workers", p -> p.snapshot().workers().size())
        .time(
            "resilience.pool.oldest",
            "How long the oldest task in the queue has waited",
            p -> p.snapshot().oldestWaiting())
        .counter(
            "resilience.pool.accepted", "tasks", "Tasks accepted", p -> p.snapshot().accepted())
        .counter("resilience.pool.refused", "tasks", "Tasks refused", p -> p.snapshot().refused());
    ended(meters, "done", PoolSnapshot::done);
    ended(meters, "failed", PoolSnapshot::failed);
    ended(meters, "timed_out", PoolSnapshot::timedOut);
    ended(meters, "cancelled", PoolSnapshot::cancelled);
    ended(meters, "dropped", PoolSnapshot::dropped);
    ended(meters, "abandoned", PoolSnapshot::abandoned);
  }

  private static void ended(
      Meters<WorkerPool> meters, String outcome, ToDoubleFunction<PoolSnapshot> count) {
    meters.counter(
        "resilience.pool.ended",
        "tasks",
        "Tasks that have ended",
        p -> count.applyAsDouble(p.snapshot()),
        "outcome",
        outcome);
  }
}
