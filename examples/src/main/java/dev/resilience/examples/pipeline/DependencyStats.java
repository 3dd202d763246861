package dev.resilience.examples.pipeline;

import dev.resilience.error.CircuitOpenException;
import dev.resilience.http.client.ResilientHttpClient;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyListener;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What the policies of one dependency did, as they tell it. Thread-safe. */
final class DependencyStats implements PolicyListener {

  private final String name;
  private final Supplier<Duration> elapsed;
  private final LongAdder calls = new LongAdder();
  private final LongAdder retries = new LongAdder();
  private final LongAdder hedges = new LongAdder();
  private final LongAdder savedByRetry = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder fallbacks = new LongAdder();
  private final LongAdder spared = new LongAdder();
  private final Queue<Outage.Change> changes = new ConcurrentLinkedQueue<>();
  private final List<LongSupplier> attempts = new CopyOnWriteArrayList<>();
  private volatile Circuit circuit = Circuit.CLOSED;

  DependencyStats(String name, Supplier<Duration> elapsed) {
    this.name = name;
    this.elapsed = elapsed;
  }

  String name() {
    return name;
  }

  long calls() {
    return calls.sum();
  }

  /** Requests, or statements, that were sent. */
  long attempts() {
    return attempts.stream().mapToLong(LongSupplier::getAsLong).sum();
  }

  long retries() {
    return retries.sum();
  }

  /** Requests that were sent beside a slow one. */
  long hedges() {
    return hedges.sum();
  }

  /** Calls that a further attempt made good. */
  long savedByRetry() {
    return savedByRetry.sum();
  }

  long fallbacks() {
    return fallbacks.sum();
  }

  /** Calls that an open circuit ended. */
  long rejected() {
    return rejected.sum();
  }

  /** Calls that were not made, because nobody wanted the order any more. */
  long callsSpared() {
    return spared.sum();
  }

  void spared() {
    spared.increment();
  }

  List<Outage> outages() {
    return Outage.of(List.copyOf(changes));
  }

  /** The state of the circuit. */
  Circuit circuit() {
    return circuit;
  }

  void watch(ResilientHttpClient client) {
    watchAttempts(() -> client.snapshot().attempts());
  }

  void watchAttempts(LongSupplier sent) {
    attempts.add(sent);
  }

  @Override
  public void on(PolicyEvent event) {
    if (event instanceof PolicyEvent.CallCompleted completed) {
      calls.increment();
      if (completed.failure() instanceof CircuitOpenException) {
        rejected.increment();
      }
    } else if (event instanceof PolicyEvent.RetryScheduled) {
      retries.increment();
    } else if (event instanceof PolicyEvent.HedgeStarted) {
      hedges.increment();
    } else if (event instanceof PolicyEvent.RetrySucceeded) {
      savedByRetry.increment();
    } else if (event instanceof PolicyEvent.FallbackAnswered) {
      fallbacks.increment();
    } else if (event instanceof PolicyEvent.CircuitChanged change) {
      changes.add(new Outage.Change(elapsed.get(), change));
      circuit = change.to();
    }
  }

  static String word(Circuit circuit) {
    return circuit.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
