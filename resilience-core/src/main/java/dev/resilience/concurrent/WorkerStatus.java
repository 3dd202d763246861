package dev.resilience.concurrent;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a worker of a pool was doing when somebody looked. Immutable. */
public final class WorkerStatus {

  private final int worker;
  private final @Nullable PoolTask<?> task;
  private final Duration since;

  WorkerStatus(int worker, @Nullable PoolTask<?> task) {
    this.worker = worker;
    this.task = task;
    this.since = task == null ? Duration.ZERO : task.ran();
  }

  /** Its number in the pool, from 1. */
  public int worker() {
    return worker;
  }

  /** The task that it ran; empty: none. */
  public Optional<PoolTask<?>> task() {
    return Optional.ofNullable(task);
  }

  /** How long it had been running that. */
  public Duration since() {
    return since;
  }

  @Override
  public String toString() {
    return worker + ": " + (task == null ? "idle" : task.name() + " for " + DurationText.of(since));
  }
}
