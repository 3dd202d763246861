package dev.resilience.examples.pipeline;

import dev.resilience.examples.program.Samples;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/** All that is counted in a run. Thread-safe. */
final class Ledger {

  private final TimeSource time;
  private final long began;
  private final Map<Outcome, Samples> outcomes = new EnumMap<>(Outcome.class);
  private final Map<String, DependencyStats> dependencies = new LinkedHashMap<>();
  private final Map<String, HopStats> hops = new LinkedHashMap<>();
  private final AtomicInteger inFlight = new AtomicInteger();

  /**
   * An empty ledger.
   *
   * @param dependencies what is called behind policies
   * @param hops servers that are measured
   */
  Ledger(TimeSource time, List<String> dependencies, List<String> hops) {
    this.time = time;
    this.began = time.nanoTime();
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(outcome, new Samples());
    }
    for (String name : dependencies) {
      this.dependencies.put(name, new DependencyStats(name, this::elapsed));
    }
    for (String name : hops) {
      this.hops.put(name, new HopStats(name));
    }
  }

  /** Since the run began. */
  Duration elapsed() {
    return Duration.ofNanos(time.nanoTime() - began);
  }

  Samples outcome(Outcome outcome) {
    return Objects.requireNonNull(outcomes.get(outcome));
  }

  int orders() {
    return outcomes.values().stream().mapToInt(Samples::count).sum();
  }

  DependencyStats dependency(String name) {
    return Objects.requireNonNull(dependencies.get(name), name);
  }

  List<DependencyStats> dependencies() {
    return List.copyOf(dependencies.values());
  }

  HopStats hop(String name) {
    return Objects.requireNonNull(hops.get(name), name);
  }

  List<HopStats> hops() {
    return List.copyOf(hops.values());
  }

  /** Orders that were placed and have no outcome yet. */
  AtomicInteger inFlight() {
    return inFlight;
  }
}
