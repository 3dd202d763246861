package dev.resilience.discovery.client;

import dev.resilience.discovery.registry.ServiceInstance;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether an instance gets calls from a {@link ServiceClient}, and why. Immutable. */
public final class InstanceStatus {

  private final ServiceInstance instance;
  private final boolean in;
  private final String reason;
  private final @Nullable Instant lastGoodCheck;

  InstanceStatus(
      ServiceInstance instance, boolean in, String reason, @Nullable Instant lastGoodCheck) {
    this.instance = instance;
    this.in = in;
    this.reason = reason;
    this.lastGoodCheck = lastGoodCheck;
  }

  /** The instance as it described itself last. */
  public ServiceInstance instance() {
    return instance;
  }

  /** Whether it gets calls. */
  public boolean isIn() {
    return in;
  }

  /** Why, in a few words. */
  public String reason() {
    return reason;
  }

  /** When its last good health check ended; empty if there was none. */
  public Optional<Instant> lastGoodCheck() {
    return Optional.ofNullable(lastGoodCheck);
  }

  @Override
  public String toString() {
    return instance + (in ? ": in, " : ": out, ") + reason;
  }
}
