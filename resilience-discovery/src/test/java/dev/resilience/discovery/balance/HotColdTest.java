package dev.resilience.discovery.balance;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HotColdTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context ctx = Context.background(time);
  private final List<FakeCandidate> candidates =
      IntStream.range(0, 10).mapToObj(i -> new FakeCandidate(i, 10)).toList();

  private int[] counts(int calls) {
    Balancer.Picker picker = Balancer.hotCold().over(new ArrayList<>(candidates));
    int[] counts = new int[candidates.size()];
    for (int i = 0; i < calls; i++) {
      Candidate picked = picker.pick(ctx, time.nanoTime(), any -> true);
      counts[((FakeCandidate) picked).number()]++;
    }
    return counts;
  }

  @Test
  void prefers_the_quicker_among_the_cold() {
    candidates.forEach(one -> one.load = ServerLoad.of(5, ofMillis(50)));
    candidates.get(3).load = ServerLoad.of(5, ofMillis(10));
    assertThat(counts(1_000)[3]).isBetween(280, 420);
  }

  @Test
  void avoids_the_hot_one_however_quick_it_is() {
    candidates.forEach(one -> one.load = ServerLoad.of(5, ofMillis(50)));
    candidates.get(3).load = ServerLoad.of(50, ofMillis(1));
    assertThat(counts(1_000)[3]).isLessThan(5);
  }

  @Test
  void goes_by_what_the_client_sees_where_nothing_is_reported() {
    candidates.forEach(one -> one.latency = 50_000_000);
    candidates.get(3).latency = 1_000_000;
    candidates.get(7).inFlight = 40;
    int[] counts = counts(1_000);
    assertThat(counts[3]).isBetween(280, 420);
    assertThat(counts[7]).isLessThan(5);
  }

  @Test
  void picks_only_the_usable() {
    Balancer.Picker picker = Balancer.hotCold().over(new ArrayList<>(candidates));
    for (int i = 0; i < 100; i++) {
      assertThat(picker.pick(ctx, time.nanoTime(), one -> one == candidates.get(4)))
          .isSameAs(candidates.get(4));
    }
    assertThat(picker.pick(ctx, time.nanoTime(), none -> false)).isNull();
  }

  @Test
  void a_load_that_is_none_is_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> ServerLoad.of(-1, Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> ServerLoad.of(1, ofMillis(-1)));
  }
}
