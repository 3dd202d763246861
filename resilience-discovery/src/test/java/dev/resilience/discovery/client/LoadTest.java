package dev.resilience.discovery.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.policy.Verdict.Sample;
import org.junit.jupiter.api.Test;

class LoadTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = Long.MAX_VALUE - SECOND / 2;

  private final Load load = new Load();

  private static long after(long seconds) {
    return NOW + seconds * SECOND;
  }

  @Test
  void is_not_known_before_the_first_answer() {
    assertThat(load.latencyNanos(NOW)).isZero();
    load.heard(Sample.NONE, 500, NOW);
    assertThat(load.latencyNanos(NOW)).isZero();
  }

  @Test
  void begins_with_the_first_answer() {
    load.heard(Sample.EXACT, 500, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(500);
  }

  @Test
  void rises_faster_than_it_falls() {
    load.heard(Sample.EXACT, 1000, NOW);
    load.heard(Sample.EXACT, 2000, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(1300);
    load.heard(Sample.EXACT, 300, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(1200);
  }

  @Test
  void ignores_a_lower_bound_that_says_nothing() {
    load.heard(Sample.EXACT, 1000, NOW);
    load.heard(Sample.AT_LEAST, 900, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(1000);
    load.heard(Sample.AT_LEAST, 2000, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(1300);
  }

  @Test
  void fades_in_silence_also_when_the_clock_wraps_around() {
    load.heard(Sample.EXACT, 1024, NOW);
    assertThat(load.latencyNanos(after(4))).isEqualTo(1024);
    assertThat(load.latencyNanos(after(5))).isEqualTo(512);
    assertThat(load.latencyNanos(after(50))).isEqualTo(1);
    assertThat(load.latencyNanos(after(50_000))).isEqualTo(1);
  }

  @Test
  void believes_the_first_answer_after_a_silence() {
    load.heard(Sample.EXACT, 1_000_000, NOW);
    load.heard(Sample.EXACT, 20, after(6));
    assertThat(load.latencyNanos(after(6))).isEqualTo(20);
  }

  @Test
  void counts_calls_in_flight() {
    load.begin();
    load.begin();
    load.end();
    assertThat(load.inFlight()).isEqualTo(1);
  }
}
