package dev.resilience.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.resilience.Schedules;
import dev.resilience.statistics.KaplanMeier.Estimate;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class KaplanMeierTest {

  private static final int BUCKETS = 200;

  @Test
  void without_cut_off_calls_it_is_the_percentile_of_the_sorted_durations() {
    Schedules.check(
        2_000,
        (seed, random) -> {
          int[] durations = new int[1 + random.nextInt(50)];
          long[] ended = new long[BUCKETS];
          for (int i = 0; i < durations.length; i++) {
            durations[i] = random.nextInt(BUCKETS);
            ended[durations[i]]++;
          }
          Arrays.sort(durations);
          for (double p : new double[] {0.01, 0.5, 0.9, 0.95, 0.99}) {
            int rank = (int) Math.ceil(p * durations.length - 1e-9);
            assertThat(KaplanMeier.percentile(ended, new long[BUCKETS], p))
                .isEqualTo(new Estimate(durations[rank - 1], false));
          }
        });
  }

  /** From the paper's kind: n = 10; deaths at 1, 2 and 4, cut off at 3. Worked out by hand. */
  @Test
  void a_cut_off_call_counts_as_running_until_then_and_not_afterwards() {
    long[] ended = {0, 2, 2, 0, 3, 0, 0, 1};
    long[] cutOff = {0, 0, 0, 2, 0, 0, 0, 0};
    // Surviving: 0.8 after 1, 0.6 after 2, 0.6 * (1 - 3/4) = 0.15 after 4, 0 after 7.
    assertThat(KaplanMeier.percentile(ended, cutOff, 0.2)).isEqualTo(new Estimate(1, false));
    assertThat(KaplanMeier.percentile(ended, cutOff, 0.4)).isEqualTo(new Estimate(2, false));
    assertThat(KaplanMeier.percentile(ended, cutOff, 0.85)).isEqualTo(new Estimate(4, false));
    assertThat(KaplanMeier.percentile(ended, cutOff, 0.86)).isEqualTo(new Estimate(7, false));
  }

  @Test
  void where_too_many_are_cut_off_at_the_end_it_is_a_lower_bound() {
    long[] ended = new long[BUCKETS];
    long[] cutOff = new long[BUCKETS];
    ended[10] = 90;
    cutOff[100] = 10;
    assertThat(KaplanMeier.percentile(ended, cutOff, 0.95)).isEqualTo(new Estimate(100, true));
    assertThat(KaplanMeier.percentile(ended, cutOff, 0.9)).isEqualTo(new Estimate(10, false));
  }

  @Test
  void a_lower_bound_is_at_exactly_the_share_as_the_user_wrote_it() {
    // 0.07 * 100 is a little more than 7.
    assertThat(KaplanMeier.percentile(new long[3], new long[] {0, 7, 93}, 0.07))
        .isEqualTo(new Estimate(1, true));
  }

  @Test
  void a_single_later_cut_off_does_not_outweigh_the_many() {
    long[] cutOff = new long[BUCKETS];
    cutOff[50] = 99;
    cutOff[100] = 1;
    assertThat(KaplanMeier.percentile(new long[BUCKETS], cutOff, 0.95))
        .isEqualTo(new Estimate(50, true));
  }

  /**
   * Half of the callers allow the median only. To leave out what they cut off shrinks the
   * percentile, as they report only fast calls; to take it as the duration shrinks it more.
   */
  @Test
  void callers_in_a_hurry_do_not_move_it() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    long[] truth = new long[BUCKETS];
    long[] ended = new long[BUCKETS];
    long[] cutOff = new long[BUCKETS];
    for (int i = 0; i < 100_000; i++) {
      int duration = (int) Math.min(BUCKETS - 1.0, 40 * Math.exp(0.4 * random.nextGaussian()));
      truth[duration]++;
      if (random.nextBoolean() && duration > 40) {
        cutOff[40]++;
      } else {
        ended[duration]++;
      }
    }
    long[] none = new long[BUCKETS];
    int real = KaplanMeier.percentile(truth, none, 0.95).bucket();
    assertThat(KaplanMeier.percentile(ended, cutOff, 0.95).bucket()).isCloseTo(real, within(1));
    assertThat(KaplanMeier.percentile(ended, none, 0.95).bucket()).isLessThan(real - 4);
  }

  @Test
  void of_nothing_it_is_a_lower_bound_of_nothing() {
    assertThat(KaplanMeier.percentile(new long[3], new long[3], 0.5))
        .isEqualTo(new Estimate(0, true));
  }
}
