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
  void isNotKnownBeforeTheFirstAnswer() {
    assertThat(load.latencyNanos(NOW)).isZero();
    load.heard(Sample.NONE, 500, NOW);
    assertThat(load.latencyNanos(NOW)).isZero();
  }

  @Test
  void beginsWithTheFirstAnswer() {
    load.heard(Sample.EXACT, 500, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(500);
  }

  @Test
  void risesFasterThanItFalls() {
    load.heard(Sample.EXACT, 1000, NOW);
    load.heard(Sample.EXACT, 2000, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(1300);
    load.heard(Sample.EXACT, 300, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(1200);
  }

  @Test
  void ignoresALowerBoundThatSaysNothing() {
    load.heard(Sample.EXACT, 1000, NOW);
    load.heard(Sample.AT_LEAST, 900, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(1000);
    load.heard(Sample.AT_LEAST, 2000, NOW);
    assertThat(load.latencyNanos(NOW)).isEqualTo(1300);
  }

  @Test
  void fadesInSilenceAlsoWhenTheClockWrapsAround() {
    load.heard(Sample.EXACT, 1024, NOW);
    assertThat(load.latencyNanos(after(4))).isEqualTo(1024);
    assertThat(load.latencyNanos(after(5))).isEqualTo(512);
    assertThat(load.latencyNanos(after(50))).isEqualTo(1);
    assertThat(load.latencyNanos(after(50_000))).isEqualTo(1);
  }

  @Test
  void believesTheFirstAnswerAfterASilence() {
    load.heard(Sample.EXACT, 1_000_000, NOW);
    load.heard(Sample.EXACT, 20, after(6));
    assertThat(load.latencyNanos(after(6))).isEqualTo(20);
  }

  @Test
  void countsCallsInFlight() {
    load.begin();
    load.begin();
    load.end();
    assertThat(load.inFlight()).isEqualTo(1);
  }
}
