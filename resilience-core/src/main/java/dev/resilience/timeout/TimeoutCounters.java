package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The account of what passed a limit: the numbers, and the events. Thread-safe. */
final class TimeoutCounters {

  private final String policy;
  private final PolicyListener listener;
  private final AtomicInteger stillRunning = new AtomicInteger();
  private final AtomicLong abandoned = new AtomicLong();

  TimeoutCounters(String policy, PolicyListener listener) {
    this.policy = policy;
    this.listener = listener;
  }

  int stillRunning() {
    return stillRunning.get();
  }

  long abandonedCount() {
    return abandoned.get();
  }

  /** Whether anybody listens. */
  boolean isHeard() {
    return listener != PolicyListener.none();
  }

  /** Work was told to stop, and has not yet. */
  int runsOn() {
    return stillRunning.incrementAndGet();
  }

  /** Work that ran on has come to its end. */
  void hasStopped() {
    stillRunning.decrementAndGet();
  }

  /** A caller goes, and leaves work behind that counts as running on. */
  void isAbandoned(Context caller, int nowRunning) {
    abandoned.incrementAndGet();
    listener.on(caller, new PolicyEvent.WorkAbandoned(policy, nowRunning));
  }

  void limitPassed(Context caller, Duration limit) {
    listener.on(caller, new PolicyEvent.TimedOut(policy, limit));
  }

  void lateResult(
      Context caller, Duration ran, @Nullable Object result, @Nullable Throwable failure) {
    listener.on(caller, new PolicyEvent.LateResult(policy, ran, result, failure));
  }
}
