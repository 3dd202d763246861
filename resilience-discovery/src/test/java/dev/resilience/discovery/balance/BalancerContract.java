package dev.resilience.discovery.balance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.resilience.Schedules;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link Balancer} must do. */
public abstract class BalancerContract {

  final VirtualTime.Manual time = VirtualTime.manual(42);
  final Context ctx = Context.background(time);

  abstract Balancer balancer();

  static List<FakeCandidate> candidates(int... weights) {
    return IntStream.range(0, weights.length)
        .mapToObj(i -> new FakeCandidate(i, weights[i]))
        .toList();
  }

  /** As many as that, all of the same weight. */
  static List<FakeCandidate> equal(int count) {
    return candidates(IntStream.range(0, count).map(i -> 10).toArray());
  }

  Balancer.Picker over(List<FakeCandidate> candidates) {
    return over(balancer(), candidates);
  }

  static Balancer.Picker over(Balancer balancer, List<FakeCandidate> candidates) {
    return balancer.over(List.copyOf(candidates));
  }

  /** How often each one is picked. */
  int[] counts(Balancer.Picker picker, int candidates, int picks) {
    int[] counts = new int[candidates];
    for (int i = 0; i < picks; i++) {
      counts[number(picker.pick(ctx, time.nanoTime(), any -> true))]++;
    }
    return counts;
  }

  static int number(@Nullable Candidate candidate) {
    if (candidate instanceof FakeCandidate fake) {
      return fake.number();
    }
    throw new AssertionError(candidate);
  }

  @Test
  void picks_the_only_one() {
    Balancer.Picker picker = over(equal(1));
    for (int i = 0; i < 100; i++) {
      assertThat(number(picker.pick(ctx, time.nanoTime(), any -> true))).isZero();
    }
  }

  @Test
  void picks_everybody_sooner_or_later() {
    assertThat(counts(over(equal(7)), 7, 2000)).doesNotContain(0);
  }

  @Test
  void picks_only_who_is_usable() {
    Schedules.check(
        300,
        (seed, random) -> {
          int size = 1 + random.nextInt(12);
          int[] weights = random.ints(size, 1, 101).toArray();
          Balancer.Picker picker = over(candidates(weights));
          Set<Integer> usable = new HashSet<>();
          for (int i = 0; i < 30; i++) {
            int n = random.nextInt(size);
            if (!usable.remove(n)) {
              usable.add(n);
            }
            Candidate picked = picker.pick(ctx, time.nanoTime(), c -> usable.contains(number(c)));
            if (usable.isEmpty()) {
              assertThat(picked).isNull();
            } else {
              assertThat(usable).contains(number(picked));
            }
          }
        });
  }

  @Test
  void does_not_favour_anybody_when_the_set_is_prepared_anew_for_each_pick() {
    Balancer balancer = balancer();
    List<FakeCandidate> candidates = equal(5);
    int[] counts = new int[5];
    Balancer.Picker picker = over(balancer, candidates);
    for (int i = 0; i < 5000; i++) {
      counts[number(picker.pick(ctx, time.nanoTime(), any -> true))]++;
      picker = balancer.over(List.copyOf(candidates), picker);
    }
    for (int count : counts) {
      assertThat(count).isBetween(500, 1500);
    }
  }

  /** The share of a candidate that is not busy, in proportion to the others. */
  double due(FakeCandidate candidate) {
    return candidate.weight();
  }

  /** How far from its share a candidate may be in the long run. */
  double tolerance() {
    return 0.12;
  }

  @Test
  void keeps_the_shares_while_the_set_changes() {
    Schedules.check(
        20,
        (seed, random) -> {
          int size = 8;
          double[] due = new double[size];
          int[] counts = new int[size];
          Balancer balancer = balancer();
          Balancer.Picker picker = null;
          for (int round = 0; round < 600; round++) {
            List<FakeCandidate> present = new ArrayList<>();
            for (int n = 0; n < size; n++) {
              if (random.nextInt(4) > 0) {
                present.add(new FakeCandidate(n, 10, random.nextInt(4) == 0 ? 3 : 10));
              }
            }
            if (present.isEmpty()) {
              continue;
            }
            List<Candidate> candidates = List.copyOf(present);
            picker = picker == null ? balancer.over(candidates) : balancer.over(candidates, picker);
            double whole = present.stream().mapToDouble(this::due).sum();
            int picks = 1 + random.nextInt(100);
            present.forEach(one -> due[one.number()] += picks * due(one) / whole);
            for (int i = 0; i < picks; i++) {
              counts[number(picker.pick(ctx, time.nanoTime(), any -> true))]++;
            }
          }
          for (int n = 0; n < size; n++) {
            assertThat(counts[n] / due[n]).isBetween(1 - tolerance(), 1 + tolerance());
          }
        });
  }

  @Test
  void works_with_thousands() {
    Balancer.Picker picker = over(equal(10_000));
    List<Integer> picked = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      picked.add(number(picker.pick(ctx, time.nanoTime(), any -> true)));
    }
    assertThat(new HashSet<>(picked).size()).isGreaterThan(500);
  }

  @Test
  void allocates_nothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Context here = Context.background();
    Balancer.Picker even = over(equal(1_000));
    Balancer.Picker weighted =
        over(candidates(IntStream.range(0, 1_000).map(i -> 1 + i % 100).toArray()));
    long now = here.timeSource().nanoTime();
    Predicate<Candidate> notTheFirst = candidate -> number(candidate) > 500;
    pick(even, weighted, here, now, notTheFirst, 1_000);
    long before = threads.getCurrentThreadAllocatedBytes();
    pick(even, weighted, here, now, notTheFirst, 10_000);
    // The bean itself and the compiler's hand-overs take a little.
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2_000);
  }

  private static void pick(
      Balancer.Picker even,
      Balancer.Picker weighted,
      Context ctx,
      long now,
      Predicate<Candidate> usable,
      int times) {
    for (int i = 0; i < times; i++) {
      if (even.pick(ctx, now, usable) == null || weighted.pick(ctx, now, usable) == null) {
        throw new AssertionError("nobody was picked");
      }
    }
  }
}
