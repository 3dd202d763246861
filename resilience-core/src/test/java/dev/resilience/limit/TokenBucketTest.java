package dev.resilience.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

  private final TokenBucket bucket = new TokenBucket(1_000, 1_000, 1_000_000);

  /** A reservation that a user forgets must not collect all that pass after it. */
  @Test
  void what_is_held_keeps_nothing_of_those_who_come_and_go() throws Exception {
    bucket.advance(0);
    Meter.Hold held = bucket.hold(1);
    WeakReference<Meter.Hold> later = comeAndGo();
    for (int i = 0; i < 50 && later.get() != null; i++) {
      System.gc();
    }
    assertThat(later.get()).isNull();
    bucket.putBack(held);
    assertThat(bucket.available()).isEqualTo(1_000_000 - 1);
  }

  private WeakReference<Meter.Hold> comeAndGo() {
    Meter.Hold hold = bucket.hold(1);
    bucket.use(hold);
    return new WeakReference<>(hold);
  }

  @Test
  void what_is_held_for_very_long_is_given_back_whole_if_the_bucket_was_never_full() {
    bucket.advance(0);
    bucket.take(500_000);
    Meter.Hold held = bucket.hold(1);
    for (int i = 0; i < 20_000; i++) {
      bucket.use(bucket.hold(1));
    }
    bucket.putBack(held);
    assertThat(bucket.available()).isEqualTo(500_000 - 20_000);
  }

  @Test
  void of_several_who_hold_the_first_to_give_back_takes_the_room() {
    TokenBucket small = new TokenBucket(1, 1_000, 10);
    small.advance(0);
    Meter.Hold first = small.hold(4);
    Meter.Hold second = small.hold(4);
    small.advance(6_000); // 8 of 10 again: room for 2
    small.putBack(second);
    assertThat(small.available()).isEqualTo(10);
    small.putBack(first);
    assertThat(small.available()).isEqualTo(10);
  }
}
