package dev.resilience.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import org.junit.jupiter.api.Test;

class LogLinearBucketsTest {

  private final LogLinearBuckets buckets = new LogLinearBuckets(1_000, 2_000_000_000L);

  @Test
  void an_upper_edge_is_more_than_what_is_in_the_bucket_by_at_most_a_thirty_second() {
    Schedules.check(
        10_000,
        (seed, random) -> {
          long nanos = 1_000 + random.nextLong(2_000_000_000L - 1_000);
          long edge = buckets.upperEdge(buckets.index(nanos));
          assertThat(edge).isGreaterThan(nanos).isLessThanOrEqualTo(nanos + nanos / 31);
        });
  }

  @Test
  void longer_durations_are_not_in_earlier_buckets_and_each_bucket_begins_where_one_ends() {
    for (int i = 0; i < buckets.size() - 1; i++) {
      assertThat(buckets.index(buckets.upperEdge(i) - 1)).isEqualTo(i);
      assertThat(buckets.index(buckets.upperEdge(i))).isEqualTo(i + 1);
    }
  }

  @Test
  void what_is_outside_of_the_range_goes_to_its_ends() {
    assertThat(buckets.index(0)).isZero();
    assertThat(buckets.index(-1)).isZero();
    assertThat(buckets.index(31)).isZero();
    assertThat(buckets.index(999)).isZero();
    assertThat(buckets.index(Long.MAX_VALUE)).isEqualTo(buckets.size() - 1);
    assertThat(buckets.upperEdge(buckets.size() - 1)).isGreaterThanOrEqualTo(2_000_000_000L);
  }

  @Test
  void a_range_may_begin_at_nothing() {
    LogLinearBuckets fromZero = new LogLinearBuckets(0, 100);
    assertThat(fromZero.index(0)).isZero();
    assertThat(fromZero.index(32)).isZero();
    assertThat(fromZero.index(33)).isEqualTo(1);
  }
}
