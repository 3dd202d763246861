package dev.resilience.examples.chain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThreeServicesTest {

  private static Books.Figures play(Deadlines deadlines, Duration wrongBy) throws Exception {
    return Chain.play(1, deadlines, wrongBy);
  }

  @Test
  void with_deadlines_next_to_nothing_is_done_for_nobody() throws Exception {
    Books.Figures before = play(Deadlines.NOT_SENT, Duration.ZERO);
    Books.Figures after = play(Deadlines.TIME_LEFT, Duration.ZERO);

    assertThat(after.callers()).isEqualTo(before.callers()).isEqualTo(1500);
    assertThat(before.wasted()).isGreaterThan(ofSeconds(20));
    assertThat(after.wasted()).isLessThan(before.wasted().dividedBy(20));
    assertThat(after.answered()).isGreaterThan(before.answered());
  }

  /** Nothing but the time left is on the wire: not one request more is refused. */
  @Test
  void a_wrong_clock_changes_nothing() throws Exception {
    Books.Figures right = play(Deadlines.TIME_LEFT, Duration.ZERO);

    assertThat(play(Deadlines.TIME_LEFT, ofSeconds(5))).isEqualTo(right);
    assertThat(play(Deadlines.TIME_LEFT, ofSeconds(-5))).isEqualTo(right);
  }

  /** What it would be otherwise. */
  @Test
  void with_moments_on_the_wire_a_wrong_clock_is_a_black_hole() throws Exception {
    assertThat(play(Deadlines.MOMENT, Duration.ZERO).answered()).isGreaterThan(1000);
    assertThat(play(Deadlines.MOMENT, ofSeconds(5)).answered()).isZero();
  }

  @Test
  void it_prints_a_table() throws Exception {
    var bytes = new ByteArrayOutputStream();
    ThreeServices.print(1, new PrintStream(bytes, true, UTF_8));
    assertThat(bytes.toString(UTF_8).lines()).anyMatch(line -> line.contains("for nobody"));
    assertThat(bytes.toString(UTF_8).lines().filter(line -> line.contains(" %"))).hasSize(5);
  }
}
