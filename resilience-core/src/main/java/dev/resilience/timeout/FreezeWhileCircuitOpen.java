package dev.resilience.timeout;

import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyListener;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Freezes a limit from the time that a circuit opens until all are closed. Thread-safe. */
final class FreezeWhileCircuitOpen implements PolicyListener {

  private final AdaptiveLimit limit;
  private final Set<String> open = ConcurrentHashMap.newKeySet();

  FreezeWhileCircuitOpen(AdaptiveLimit limit) {
    this.limit = limit;
  }

  @Override
  public void on(PolicyEvent event) {
    if (!(event instanceof PolicyEvent.CircuitChanged changed)) {
      return;
    }
    if (changed.to() == Circuit.OPEN) {
      open.add(changed.policy());
    } else if (changed.to() == Circuit.CLOSED) {
      open.remove(changed.policy());
    }
    limit.freeze(!open.isEmpty());
  }
}
