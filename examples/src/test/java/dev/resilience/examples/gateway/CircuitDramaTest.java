package dev.resilience.examples.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.time.VirtualTime;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CircuitDramaTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);

  @Test
  void five_acts_with_their_numbers() throws Exception {
    var time = VirtualTime.automatic(1);
    Breaker breaker = time.run(() -> CircuitDrama.play(Context.background(time), out));

    List<String> lines = bytes.toString(UTF_8).lines().toList();
    List<String> calls = lines.stream().filter(line -> line.contains("call ")).toList();
    assertThat(calls).hasSize(14);
    assertThat(calls.subList(0, 3)).allMatch(line -> line.matches(".*user 123 +100.0 ms  CLOSED"));
    assertThat(calls.subList(3, 5)).allMatch(line -> line.matches(".*failed.* 100.0 ms  CLOSED"));
    assertThat(calls.get(5)).matches(".*failed.* 100.0 ms  OPEN"); // at the third
    assertThat(calls.subList(6, 11)).allMatch(line -> line.matches(".*refused.* 0.0 ms  OPEN"));
    assertThat(calls.get(11)).matches(".*user 123 +100.0 ms  HALF_OPEN");
    assertThat(calls.subList(12, 14)).allMatch(line -> line.matches(".*100.0 ms  CLOSED"));
    assertThat(lines.stream().filter(line -> line.contains("the circuit:")))
        .extracting(line -> line.substring(line.indexOf(':') + 2))
        .containsExactly("CLOSED -> OPEN", "OPEN -> HALF_OPEN", "HALF_OPEN -> CLOSED");
    assertThat(breaker.state()).isEqualTo(PolicyEvent.Circuit.CLOSED);
    assertThat(time.elapsed())
        .isEqualTo(Duration.ofMillis(3 * 300 + 3 * 300 + 2 * 200 + 3 * 200 + 2000 + 3 * 300));
  }

  @Test
  void it_stops_when_it_is_to() throws Exception {
    var time = VirtualTime.automatic(1);
    time.run(
        () -> {
          try (var ctx = Context.background(time).withTimeout(Duration.ofSeconds(1))) {
            return CircuitDrama.play(ctx, out);
          }
        });
    assertThat(bytes.toString(UTF_8)).contains("stopped").doesNotContain("act 4");
  }
}
