package dev.resilience.limit;

import dev.resilience.context.Key;
import dev.resilience.observe.PolicyListener;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What all limits can be told about those who wait.
 *
 * @param maxWaiting how many may wait
 * @param maxWait how long, in nanoseconds
 * @param tenantKey whose value the queue is fair between; null: it is not
 */
record QueueConfig(
    String name,
    int maxWaiting,
    long maxWait,
    @Nullable Key<String> tenantKey,
    PolicyListener listener) {

  static QueueConfig of(String name, int maxWaiting, Duration maxWait) {
    return new QueueConfig(
        SafeText.name(name), maxWaiting, Durations.toNanos(maxWait), null, PolicyListener.none());
  }

  QueueConfig withMaxWaiting(int newMaxWaiting) {
    Arguments.requireNotNegative(newMaxWaiting, "maxWaiting");
    return new QueueConfig(name, newMaxWaiting, maxWait, tenantKey, listener);
  }

  QueueConfig withMaxWait(Duration newMaxWait) {
    Durations.requireNotNegative(newMaxWait, "maxWait");
    return new QueueConfig(name, maxWaiting, Durations.toNanos(newMaxWait), tenantKey, listener);
  }

  QueueConfig withTenantKey(Key<String> newTenantKey) {
    return new QueueConfig(
        name, maxWaiting, maxWait, Objects.requireNonNull(newTenantKey, "tenantKey"), listener);
  }

  QueueConfig withListener(PolicyListener newListener) {
    return new QueueConfig(
        name, maxWaiting, maxWait, tenantKey, PolicyListener.contained(newListener));
  }
}
