package dev.resilience.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class SlidingWindowTest {

  private static final int SLOW = 9;
  private static final int FAST = 1;
  private static final int BELIEVED = 5;

  private final StripedHistogram ended = StripedHistogram.frequent(10);
  private final StripedHistogram cutOff = StripedHistogram.rare(10);

  /** 800 nanoseconds, 80 calls, but 10 calls at least. */
  private final SlidingWindow window = new SlidingWindow(10, 800, 80, 10);

  private long now = Long.MAX_VALUE - 500;

  private void calls(int count, int bucket, long apart) {
    for (int i = 0; i < count; i++) {
      now += apart;
      ended.add(bucket);
      window.advance(ended, cutOff, BELIEVED, now);
    }
  }

  @Nested
  class Forgets {

    @Test
    void what_is_more_than_so_many_calls_ago() {
      calls(80, SLOW, 0);
      assertThat(window.count()).isBetween(70L, 80L);
      calls(80, FAST, 0);
      assertThat(window.count()).isBetween(70L, 80L);
      assertThat(window.percentile(0.99).bucket()).isEqualTo(FAST);
    }

    @Test
    void what_is_longer_ago() {
      calls(20, SLOW, 1);
      now += 800;
      calls(20, FAST, 1);
      assertThat(window.percentile(0.99).bucket()).isEqualTo(FAST);
      assertThat(window.count()).isEqualTo(20);
    }

    @Test
    void a_slice_that_was_full_after_its_share_of_the_time() {
      calls(4, SLOW, 0);
      calls(1, SLOW, 100);
      calls(9, FAST, 0);
      now += 799;
      window.advance(ended, cutOff, BELIEVED, now);
      assertThat(window.count()).isEqualTo(14);

      calls(1, FAST, 1);

      assertThat(window.count()).as("without the slow ones").isEqualTo(10);
      assertThat(window.percentile(0.99).bucket()).isEqualTo(FAST);
    }

    @Test
    void not_so_soon_what_came_with_too_few_to_fill_a_slice() {
      calls(3, SLOW, 0);
      calls(1, SLOW, 100);
      now += 600;
      calls(16, FAST, 0);

      calls(1, FAST, 200);

      assertThat(window.count()).isEqualTo(21);
    }

    @Test
    void cut_off_calls_as_well() {
      for (int i = 0; i < 20; i++) {
        cutOff.add(SLOW);
        window.advance(ended, cutOff, BELIEVED, now);
      }
      assertThat(window.cutOffCount()).isEqualTo(20);
      now += 801;
      calls(30, FAST, 1);
      assertThat(window.cutOffCount()).isZero();
    }
  }

  @Nested
  class Keeps {

    @Test
    void the_last_few_calls_however_rare_they_are() {
      calls(100, SLOW, 10_000);
      assertThat(window.count()).isBetween(10L, 20L);
      calls(20, FAST, 10_000);
      assertThat(window.percentile(0.99).bucket()).isEqualTo(FAST);
    }

    @Test
    void all_that_is_neither_too_old_nor_too_much() {
      calls(60, SLOW, 10);
      assertThat(window.count()).isEqualTo(60);
    }

    @Test
    void what_there_is_while_no_call_comes() {
      calls(20, SLOW, 1);
      now += 1_000_000;
      window.advance(ended, cutOff, BELIEVED, now);
      assertThat(window.count()).isEqualTo(20);
    }
  }

  @Test
  void counts_not_what_was_cut_off_before_the_percentile() {
    calls(3, FAST, 1);
    cutOff.add(4);
    cutOff.add(5);
    cutOff.add(6);
    window.advance(ended, cutOff, BELIEVED, now);
    assertThat(window.count()).isEqualTo(5);
    assertThat(window.cutOffCount()).isEqualTo(3);
  }

  @Test
  void callers_in_a_hurry_drive_nobody_out() {
    calls(20, SLOW, 1);
    for (int i = 0; i < 1000; i++) {
      cutOff.add(4);
      window.advance(ended, cutOff, BELIEVED, now);
    }
    assertThat(window.count()).isEqualTo(20);
    assertThat(window.percentile(0.99).bucket()).isEqualTo(SLOW);
  }
}
