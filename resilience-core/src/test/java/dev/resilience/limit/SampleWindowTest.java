package dev.resilience.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SampleWindowTest {

  private final SampleWindow window = new SampleWindow();

  private void add(int times, long nanos, boolean atLeast) {
    for (int i = 0; i < times; i++) {
      window.add(nanos, atLeast);
    }
  }

  @Test
  void tells_median_and_high_percentile_of_exact_durations() {
    for (int i = 1; i <= 20; i++) {
      window.add(i * 10L, false);
    }
    window.summarize();
    assertThat(window.median()).isEqualTo(100);
    assertThat(window.high()).isEqualTo(180);
    assertThat(window.mean()).isEqualTo(105);
    assertThat(window.isMedianCut()).isFalse();
    assertThat(window.cutShare()).isZero();
  }

  @Test
  void a_call_that_was_cut_off_early_changes_next_to_nothing() {
    add(10, 100, false);
    add(9, 5, true);
    window.summarize();
    assertThat(window.median()).isEqualTo(100);
    assertThat(window.isMedianCut()).isFalse();
  }

  @Test
  void where_most_were_cut_off_the_median_is_not_seen() {
    add(4, 50, false);
    add(6, 100, true);
    window.summarize();
    assertThat(window.isMedianCut()).isTrue();
    assertThat(window.median()).isEqualTo(100);
    assertThat(window.cutShare()).isEqualTo(0.6);
  }

  @Test
  void one_outlier_moves_neither_median_nor_spread() {
    add(19, 100, false);
    add(1, 10_000, false);
    window.summarize();
    assertThat(window.median()).isEqualTo(100);
    assertThat(window.spread()).isEqualTo(0, within(0.01));
  }

  @Test
  void keeps_as_many_as_it_can_hold() {
    add(1_000, 100, false);
    assertThat(window.size()).isEqualTo(SampleWindow.CAPACITY);
    window.clear();
    assertThat(window.size()).isZero();
  }
}
