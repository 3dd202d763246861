package dev.resilience.timeout;

import dev.resilience.observe.PolicyListener;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the builders of all time-outs have in common. Not thread-safe. */
final class TimeoutConfig {

  private final String name;
  private boolean isolated;
  private int maxThreads = 256;
  private PolicyListener listener = PolicyListener.none();
  private @Nullable TimeoutMonitor monitor;

  TimeoutConfig(String name) {
    this.name = SafeText.name(name);
  }

  /** What is said later does not change what was built. */
  TimeoutConfig copy() {
    TimeoutConfig copy = new TimeoutConfig(name);
    copy.isolated = isolated;
    copy.maxThreads = maxThreads;
    copy.listener = listener;
    copy.monitor = monitor;
    return copy;
  }

  void isolated() {
    isolated = true;
  }

  void maxThreads(int newMaxThreads) {
    maxThreads = Arguments.requireAtLeastOne(newMaxThreads, "maxThreads");
  }

  void listener(PolicyListener newListener) {
    listener = PolicyListener.contained(newListener);
  }

  void monitor(TimeoutMonitor newMonitor) {
    monitor = Objects.requireNonNull(newMonitor, "monitor");
  }

  @Nullable TimeoutMonitor monitor() {
    return monitor;
  }

  TimeLimiter enforcer() {
    return enforcer(name);
  }

  /** An enforcer with another name. */
  TimeLimiter enforcer(String other) {
    return new TimeLimiter(
        other,
        isolated ? new Workers(other, maxThreads) : null,
        new TimeoutCounters(other, listener));
  }
}
