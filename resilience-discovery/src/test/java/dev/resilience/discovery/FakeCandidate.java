package dev.resilience.discovery;

/** A candidate of which a test says all there is to say. */
final class FakeCandidate implements Candidate {

  private final int number;
  private final ServiceInstance instance;
  private final double weight;
  int inFlight;
  double latency;

  FakeCandidate(int number, int weight) {
    this(number, weight, weight);
  }

  FakeCandidate(int number, int weight, double grownTo) {
    this.number = number;
    this.instance = ServiceInstance.of("orders", "host" + number, 8080).withWeight(weight);
    this.weight = grownTo;
  }

  int number() {
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
  public String toString() {
    return "candidate " + number;
  }
}
