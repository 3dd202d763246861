package dev.resilience.timeout;

import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyListener;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Freezes a limit while any of the circuits is open; not while one is probed. Thread-safe. */
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
    // Counted, so that one that opens while another one closes cannot be forgotten.
    if (changed.to() == Circuit.OPEN) {
      if (open.add(changed.policy())) {
        limit.circuitOpened();
      }
    } else if (open.remove(changed.policy())) {
      limit.circuitIsOpenNoMore();
    }
  }
}
