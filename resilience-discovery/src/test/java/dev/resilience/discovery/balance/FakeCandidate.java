package dev.resilience.discovery.balance;

import dev.resilience.discovery.registry.ServiceInstance;
import org.jspecify.annotations.Nullable;

/** A candidate of which a test says all there is to say. */
public final class FakeCandidate implements Candidate {

  private final int number;
  private final ServiceInstance instance;
  private final double weight;
  public int inFlight;
  public double latency;
  public @Nullable ServerLoad load;

  public FakeCandidate(int number, int weight) {
    this(number, weight, weight);
  }

  public FakeCandidate(int number, int weight, double grownTo) {
    this.number = number;
    this.instance = ServiceInstance.of("orders", "host" + number, 8080).withWeight(weight);
    this.weight = grownTo;
  }

  public int number() {
    return number;
  }

  @Override
  public ServiceInstance instance() {
    return instance;
  }

  @Override
  public double weight() {
    return weight;
  }

  @Override
  public int inFlight() {
    return inFlight;
  }

  @Override
  public double latencyNanos(long now) {
    return latency;
  }

  @Override
  public @Nullable ServerLoad serverLoad(long now) {
    return load;
  }

  @Override
  public String toString() {
    return "candidate " + number;
  }
}
