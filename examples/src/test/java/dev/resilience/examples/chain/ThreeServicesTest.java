package dev.resilience.examples.chain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Six seconds of it. */
class ThreeServicesTest {

  private static Map<String, Books.Figures> runs = Map.of();

  @BeforeAll
  static void play() throws Exception {
    runs = ThreeServices.play(1, Duration.ofSeconds(6));
  }

  private static Books.Figures of(String name) {
    return Objects.requireNonNull(runs.get(name));
  }

  @Test
  void with_deadlines_next_to_nothing_is_done_for_nobody() {
    Books.Figures before = of(ThreeServices.NONE);
    Books.Figures after = of(ThreeServices.TIME_LEFT);

    assertThat(after.callers()).isEqualTo(before.callers()).isEqualTo(750);
    assertThat(before.wasted()).isGreaterThan(before.worked().dividedBy(20));
    assertThat(after.wasted()).isLessThan(before.wasted().dividedBy(10));
    assertThat(after.answered()).isGreaterThanOrEqualTo(before.answered());
  }

  /** Nothing but the time left is on the wire: not one request more is refused. */
  @Test
  void a_wrong_clock_changes_nothing() {
    assertThat(of(ThreeServices.AHEAD)).isEqualTo(of(ThreeServices.TIME_LEFT));
    assertThat(of(ThreeServices.BEHIND)).isEqualTo(of(ThreeServices.TIME_LEFT));
  }

  /** What it would be otherwise. */
  @Test
  void with_moments_on_the_wire_a_wrong_clock_is_a_black_hole() {
    assertThat(of(ThreeServices.MOMENT).answered()).isZero();
  }

  @Test
  void it_prints_a_table() {
    var bytes = new ByteArrayOutputStream();
    ThreeServices.print(runs, new PrintStream(bytes, true, UTF_8));
    assertThat(bytes.toString(UTF_8).lines().filter(line -> line.contains(" %"))).hasSize(5);
  }
}
