package dev.resilience.benchmarks;

import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.registry.ServiceInstance;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/**
 * An instance is picked among ten thousand, at rest and while a thousand a second come or go. The
 * bytes of what changes are counted too, whoever allocates them: a pick allocates nothing.
 */
public class Pick {

  private static final int MANY = 10_000;

  /** A service, and what is to be known of it. */
  public abstract static class Service {

    private final ManyInstances service;

    Service(Balancer balancer, int instances, int heaviest, boolean changing) {
      service = new ManyInstances(balancer, instances, heaviest, changing);
    }

    @Nullable Candidate pick() {
      return service.pick();
    }

    ServiceInstance call() {
      return service.client.call(service.ctx, (c, instance) -> instance);
    }

    @TearDown
    public void stop() throws InterruptedException {
      service.stop();
    }
  }

  @State(Scope.Benchmark)
  public static class RoundRobin extends Service {
    public RoundRobin() {
      super(Balancer.roundRobin(), MANY, 0, false);
    }
  }

  @State(Scope.Benchmark)
  public static class RoundRobinChanging extends Service {
    public RoundRobinChanging() {
      super(Balancer.roundRobin(), MANY, 0, true);
    }
  }

  @State(Scope.Benchmark)
  public static class Weighted extends Service {
    public Weighted() {
      super(Balancer.weighted(), MANY, 100, false);
    }
  }

  @State(Scope.Benchmark)
  public static class WeightedChanging extends Service {
    public WeightedChanging() {
      super(Balancer.weighted(), MANY, 100, true);
    }
  }

  @State(Scope.Benchmark)
  public static class LeastLoaded extends Service {
    public LeastLoaded() {
      super(Balancer.leastLoaded(), MANY, 0, false);
    }
  }

  @State(Scope.Benchmark)
  public static class LeastLoadedChanging extends Service {
    public LeastLoadedChanging() {
      super(Balancer.leastLoaded(), MANY, 0, true);
    }
  }

  @State(Scope.Benchmark)
  public static class ConsistentHash extends Service {
    public ConsistentHash() {
      super(Balancer.consistentHash(c -> null), MANY, 0, false);
    }
  }

  @State(Scope.Benchmark)
  public static class ConsistentHashChanging extends Service {
    public ConsistentHashChanging() {
      super(Balancer.consistentHash(c -> null), MANY, 0, true);
    }
  }

  @State(Scope.Benchmark)
  public static class OfThree extends Service {
    public OfThree() {
      super(Balancer.leastLoaded(), 3, 0, false);
    }
  }

  @Benchmark
  public @Nullable Candidate leastLoadedOfThree(OfThree service) {
    return service.pick();
  }

  @Benchmark
  public ServiceInstance callOneOfThree(OfThree service) {
    return service.call();
  }

  @Benchmark
  @Threads(2)
  public ServiceInstance callOneOfThreeOnTwoThreads(OfThree service) {
    return service.call();
  }

  @Benchmark
  public ServiceInstance callOneOfMany(LeastLoaded service) {
    return service.call();
  }

  @Benchmark
  public ServiceInstance callOneOfManyWhileTheyChange(LeastLoadedChanging service) {
    return service.call();
  }

  @Benchmark
  public @Nullable Candidate roundRobin(RoundRobin service) {
    return service.pick();
  }

  @Benchmark
  @Threads(2)
  public @Nullable Candidate roundRobinOnTwoThreads(RoundRobin service) {
    return service.pick();
  }

  @Benchmark
  public @Nullable Candidate roundRobinWhileTheyChange(RoundRobinChanging service) {
    return service.pick();
  }

  @Benchmark
  @Threads(2)
  public @Nullable Candidate roundRobinWhileTheyChangeOnTwoThreads(RoundRobinChanging service) {
    return service.pick();
  }

  @Benchmark
  public @Nullable Candidate weighted(Weighted service) {
    return service.pick();
  }

  @Benchmark
  @Threads(2)
  public @Nullable Candidate weightedOnTwoThreads(Weighted service) {
    return service.pick();
  }

  @Benchmark
  public @Nullable Candidate weightedWhileTheyChange(WeightedChanging service) {
    return service.pick();
  }

  @Benchmark
  @Threads(2)
  public @Nullable Candidate weightedWhileTheyChangeOnTwoThreads(WeightedChanging service) {
    return service.pick();
  }

  @Benchmark
  public @Nullable Candidate leastLoaded(LeastLoaded service) {
    return service.pick();
  }

  @Benchmark
  @Threads(2)
  public @Nullable Candidate leastLoadedOnTwoThreads(LeastLoaded service) {
    return service.pick();
  }

  @Benchmark
  public @Nullable Candidate leastLoadedWhileTheyChange(LeastLoadedChanging service) {
    return service.pick();
  }

  @Benchmark
  @Threads(2)
  public @Nullable Candidate leastLoadedWhileTheyChangeOnTwoThreads(LeastLoadedChanging service) {
    return service.pick();
  }

  @Benchmark
  public @Nullable Candidate consistentHash(ConsistentHash service) {
    return service.pick();
  }

  @Benchmark
  @Threads(2)
  public @Nullable Candidate consistentHashOnTwoThreads(ConsistentHash service) {
    return service.pick();
  }

  @Benchmark
  public @Nullable Candidate consistentHashWhileTheyChange(ConsistentHashChanging service) {
    return service.pick();
  }

  @Benchmark
  @Threads(2)
  public @Nullable Candidate consistentHashWhileTheyChangeOnTwoThreads(
      ConsistentHashChanging service) {
    return service.pick();
  }
}
