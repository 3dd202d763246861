package dev.resilience.examples.pipeline;

import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A circuit left the closed state, and came back to it.
 *
 * @param to empty: has not come back yet
 * @param probed how often it became half-open
 * @param why it opened first
 */
record Outage(String circuit, Duration from, Optional<Duration> to, int probed, String why) {

  /** A change of a circuit, and when it was. */
  record Change(Duration at, CircuitChanged event) {}

  /** What happened to one circuit, from its changes in order. */
  static List<Outage> of(List<Change> changes) {
    List<Outage> outages = new ArrayList<>();
    for (Change change : changes) {
      CircuitChanged event = change.event();
      int last = outages.size() - 1;
      if (event.from() == Circuit.CLOSED) {
        outages.add(new Outage(event.policy(), change.at(), Optional.empty(), 0, event.reason()));
      } else if (event.to() == Circuit.HALF_OPEN) {
        outages.set(last, outages.get(last).probedOnceMore());
      } else if (event.to() == Circuit.CLOSED) {
        outages.set(last, outages.get(last).endedAt(change.at()));
      }
    }
    return outages;
  }

  private Outage probedOnceMore() {
    return new Outage(circuit, from, to, probed + 1, why);
  }

  private Outage endedAt(Duration end) {
    return new Outage(circuit, from, Optional.of(end), probed, why);
  }
}
