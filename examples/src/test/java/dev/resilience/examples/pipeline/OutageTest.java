package dev.resilience.examples.pipeline;

import static dev.resilience.observe.PolicyEvent.Circuit.CLOSED;
import static dev.resilience.observe.PolicyEvent.Circuit.HALF_OPEN;
import static dev.resilience.observe.PolicyEvent.Circuit.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OutageTest {

  private static Outage.Change change(int second, Circuit from, Circuit to, String reason) {
    return new Outage.Change(
        Duration.ofSeconds(second), new CircuitChanged("auth", from, to, reason));
  }

  @Test
  void begins_when_a_circuit_opens_and_ends_when_it_closes_however_often_it_was_probed() {
    List<Outage> outages =
        Outage.of(
            List.of(
                change(1, CLOSED, OPEN, "half of them failed"),
                change(2, OPEN, HALF_OPEN, "time"),
                change(3, HALF_OPEN, OPEN, "a probe failed"),
                change(4, OPEN, HALF_OPEN, "time"),
                change(5, HALF_OPEN, CLOSED, "well again"),
                change(7, CLOSED, OPEN, "again")));

    assertThat(outages)
        .containsExactly(
            new Outage(
                "auth",
                Duration.ofSeconds(1),
                Optional.of(Duration.ofSeconds(5)),
                2,
                "half of them failed"),
            new Outage("auth", Duration.ofSeconds(7), Optional.empty(), 0, "again"));
  }
}
