package dev.resilience.examples.pipeline;

import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the policies of one dependency did. They tell it through the listener; calls and attempts
 * are counted by two policies of our own, one at each end of the stack. Thread-safe.
 */
final class DependencyStats implements PolicyListener {

  private final String name;
  private final Supplier<Duration> elapsed;
  private final LongAdder calls = new LongAdder();
  private final LongAdder attempts = new LongAdder();
  private final LongAdder retries = new LongAdder();
  private final LongAdder savedByRetry = new LongAdder();
  private final LongAdder timeouts = new LongAdder();
  private final LongAdder fallbacks = new LongAdder();
  private final Queue<Outage.Change> changes = new ConcurrentLinkedQueue<>();
  private final List<Breaker> breakers = new CopyOnWriteArrayList<>();
  private final List<FixedTimeout> limits = new CopyOnWriteArrayList<>();

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

  /** Requests that were sent. */
  long attempts() {
    return attempts.sum();
  }

  long retries() {
    return retries.sum();
  }

  /** Calls that a further attempt made good. */
  long savedByRetry() {
    return savedByRetry.sum();
  }

  long timeouts() {
    return timeouts.sum();
  }

  long fallbacks() {
    return fallbacks.sum();
  }

  /** Attempts that an open circuit did not let through. */
  long rejected() {
    return breakers.stream().mapToLong(breaker -> breaker.snapshot().rejected()).sum();
  }

  List<Outage> outages() {
    return Outage.of(List.copyOf(changes));
  }

  /** The state of the circuit. */
  Circuit circuit() {
    return breakers.stream()
        .map(Breaker::state)
        .filter(state -> state != Circuit.CLOSED)
        .findFirst()
        .orElse(Circuit.CLOSED);
  }

  /** Attempts that go on just now although their time was up. */
  int stillRunning() {
    return limits.stream().mapToInt(FixedTimeout::stillRunning).sum();
  }

  void watch(Breaker breaker) {
    breakers.add(breaker);
  }

  void watch(FixedTimeout limit) {
    limits.add(limit);
  }

  ContextPolicy countCalls() {
    return new Counting(calls);
  }

  ContextPolicy countAttempts() {
    return new Counting(attempts);
  }

  @Override
  public void on(PolicyEvent event) {
    if (event instanceof PolicyEvent.RetryScheduled) {
      retries.increment();
    } else if (event instanceof PolicyEvent.RetrySucceeded) {
      savedByRetry.increment();
    } else if (event instanceof PolicyEvent.TimedOut) {
      timeouts.increment();
    } else if (event instanceof PolicyEvent.FallbackAnswered) {
      fallbacks.increment();
    } else if (event instanceof PolicyEvent.CircuitChanged change) {
      changes.add(new Outage.Change(elapsed.get(), change));
    }
  }

  static String word(Circuit circuit) {
    return circuit.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A policy need not be more than this. */
  private record Counting(LongAdder count) implements ContextPolicy {

    @Override
    public <T extends @Nullable Object, X extends Throwable> T call(
        Context ctx, Next next, Call<T, X> work) throws X {
      count.increment();
      return next.call(ctx, work);
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> callAsync(
        Context ctx, Next next, AsyncCall<T> work) {
      count.increment();
      return next.callAsync(ctx, work);
    }
  }
}
