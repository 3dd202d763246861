package dev.resilience.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a service is like: how many requests it works on at once, how many may wait, how long work
 * takes, and what goes wrong when.
 *
 * @param name of the service
 * @param instances how many there are of it, each with workers and a queue of its own
 * @param workers how many requests an instance works on at once
 * @param queue how many requests may wait at an instance, first come first served; one more is
 *     refused
 * @param latency how long the work on a request takes
 * @param faults what goes wrong
 */
public record Service(
    String name, int instances, int workers, int queue, Latency latency, List<Fault> faults) {

  /** Copies the list. */
  public Service {
    faults = List.copyOf(faults);
  }

  /** A service of one instance, with 16 workers, a queue of 256, and work of 50 ms. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** Builds a {@link Service}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private int instances = 1;
    private int workers = 16;
    private int queue = 256;
    private Latency latency = Latency.constant(Duration.ofMillis(50));
    private final List<Fault> faults = new ArrayList<>();

    private Builder(String name) {
      this.name = name;
    }

    /** How many instances there are. Default: 1. */
    public Builder instances(int newInstances) {
      instances = atLeast(1, newInstances, "instances");
      return this;
    }

    /** How many requests an instance works on at once. Default: 16. */
    public Builder workers(int newWorkers) {
      workers = atLeast(1, newWorkers, "workers");
      return this;
    }

    /** How many requests may wait at an instance. Default: 256. */
    public Builder queue(int newQueue) {
      queue = atLeast(0, newQueue, "queue");
      return this;
    }

    /** How long work takes. Default: 50 ms. */
    public Builder latency(Latency newLatency) {
      latency = newLatency;
      return this;
    }

    /** Adds a fault. Default: none. */
    public Builder fault(Fault fault) {
      faults.add(fault);
      return this;
    }

    /** Builds the description. */
    public Service build() {
      return new Service(name, instances, workers, queue, latency, faults);
    }

    private static int atLeast(int least, int value, String what) {
      if (value < least) {
        throw new IllegalArgumentException(what + ": " + value + " (expected: >= " + least + ")");
      }
      return value;
    }
  }
}
