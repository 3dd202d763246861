package dev.resilience.discovery.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RingTest {

  private static final Comparator<Candidate> BY_ID =
      Comparator.comparing(candidate -> candidate.instance().id());

  private static List<Candidate> equal(int count) {
    return IntStream.range(0, count)
        .mapToObj(n -> (Candidate) new FakeCandidate(n, 10))
        .sorted(BY_ID)
        .toList();
  }

  private static @Nullable Integer owner(Ring ring, long hash) {
    return ring.from(hash, any -> true) instanceof FakeCandidate fake ? fake.number() : null;
  }

  @Test
  void is_the_same_however_it_came_about() {
    Schedules.check(
        400,
        (seed, random) -> {
          TreeMap<String, Candidate> present = new TreeMap<>();
          int most = 1 + random.nextInt(60);
          change(present, random, most, 1 + random.nextInt(most));
          Ring ring = Ring.of(List.copyOf(present.values()));
          for (int step = 0; step < 30; step++) {
            change(present, random, most, random.nextInt(1 + most / 6));
            List<Candidate> now = List.copyOf(present.values());
            ring = ring.changedTo(now);
            checkAgainstModel(ring, now, random);
          }
        });
  }

  /** Some come, some go, and some get another weight or another description. */
  private static void change(
      Map<String, Candidate> present, RandomGenerator random, int most, int changes) {
    for (int i = 0; i < changes || present.isEmpty(); i++) {
      int weight = 1 + random.nextInt(20);
      Candidate one =
          new FakeCandidate(
              random.nextInt(most), weight, Math.max(0.1, weight * random.nextDouble()));
      if (present.size() > 1 && random.nextInt(3) == 0) {
        present.remove(one.instance().id());
      } else {
        present.put(one.instance().id(), one);
      }
    }
  }

  /** All points in one sorted map. */
  private static void checkAgainstModel(Ring ring, List<Candidate> now, RandomGenerator random) {
    TreeMap<Long, Candidate> model = new TreeMap<>();
    for (Candidate candidate : now) {
      for (int n = 0; n < Ring.points(candidate); n++) {
        model.put(Ring.point(Ring.seed(candidate), n, 0), candidate);
      }
    }
    Set<Candidate> tried = Set.of(now.get(random.nextInt(now.size())));
    for (int i = 0; i < 50; i++) {
      long hash = random.nextLong();
      assertThat(ring.from(hash, any -> true)).isSameAs(next(model, hash, Set.of()));
      assertThat(ring.from(hash, one -> !tried.contains(one))).isSameAs(next(model, hash, tried));
    }
    assertThat(ring.from(random.nextLong(), any -> false)).isNull();
  }

  private static @Nullable Candidate next(
      NavigableMap<Long, Candidate> model, long hash, Set<Candidate> tried) {
    long place = Ring.seatless(hash >>> 1);
    for (Candidate candidate : model.tailMap(place, true).values()) {
      if (!tried.contains(candidate)) {
        return candidate;
      }
    }
    for (Candidate candidate : model.values()) {
      if (!tried.contains(candidate)) {
        return candidate;
      }
    }
    return null;
  }

  @Test
  void moves_only_the_keys_of_who_leaves_and_only_to_who_joins() {
    List<Candidate> all = equal(1001);
    List<Candidate> without = new ArrayList<>(all);
    Candidate one = without.remove(500);
    Ring ring = Ring.of(all);
    Ring smaller = ring.changedTo(without);
    Ring again = smaller.changedTo(all);
    int moved = 0;
    for (int key = 0; key < 100_000; key++) {
      long hash = Hash.of("key" + key);
      Candidate before = ring.from(hash, any -> true);
      Candidate after = smaller.from(hash, any -> true);
      if (before == one) {
        moved++;
        assertThat(after).isNotSameAs(one);
      } else if (after != before) {
        assertThat(after).isSameAs(before);
      }
      assertThat(owner(again, hash)).isEqualTo(owner(ring, hash));
    }
    // A thousandth of the keys, give or take the sixth by which shares differ.
    assertThat(moved).isBetween(50, 160);
  }

  @Test
  void shares_all_but_a_few_arcs_with_the_ring_before() {
    List<Candidate> all = equal(10_000);
    List<Candidate> without = new ArrayList<>(all);
    without.remove(5_000);
    without.remove(7);
    Ring ring = Ring.of(all);
    Ring smaller = ring.changedTo(without);
    assertThat(newArcs(ring, smaller)).isBetween(40, 80);
    assertThat(newArcs(smaller, smaller.changedTo(all))).isBetween(40, 80);
  }

  @Test
  void does_not_touch_an_arc_for_a_new_description() {
    List<Candidate> all = equal(100);
    List<Candidate> described = new ArrayList<>(all);
    Candidate newer = new FakeCandidate(((FakeCandidate) all.get(3)).number(), 10);
    described.set(3, newer);
    Ring ring = Ring.of(all);
    Ring changed = ring.changedTo(described);
    assertThat(newArcs(ring, changed)).isZero();
    assertThat(owners(changed)).contains(newer).doesNotContain(all.get(3));
  }

  private static int newArcs(Ring before, Ring after) {
    assertThat(after.arcs.length).isEqualTo(before.arcs.length);
    int changed = 0;
    for (int i = 0; i < after.arcs.length; i++) {
      changed += after.arcs[i] == before.arcs[i] ? 0 : 1;
    }
    return changed;
  }

  private static Set<Candidate> owners(Ring ring) {
    Set<Candidate> owners = new HashSet<>();
    for (int key = 0; key < 10_000; key++) {
      owners.add(Objects.requireNonNull(ring.from(Hash.of("key" + key), any -> true)));
    }
    return owners;
  }

  @Test
  void keeps_short_arcs_while_it_grows_and_shrinks() {
    List<Candidate> all = equal(2_000);
    Ring ring = Ring.of(all.subList(0, 1));
    for (int size = 2; size <= all.size(); size += 1 + size / 20) {
      ring = ring.changedTo(all.subList(0, size));
      assertThat(ring.points()).isEqualTo(40 * size);
      assertThat(ring.suits(ring.points())).isTrue();
    }
    for (int size = 1_900; size >= 1; size -= 1 + size / 20) {
      ring = ring.changedTo(all.subList(0, size));
      assertThat(ring.suits(ring.points())).isTrue();
    }
    assertThat(ring.arcs.length).isLessThanOrEqualTo(40);
  }

  @Test
  void divides_the_keys_evenly() {
    Ring ring = Ring.of(equal(100));
    int[] counts = new int[100];
    for (int key = 0; key < 100_000; key++) {
      counts[Objects.requireNonNull(owner(ring, Hash.of("key" + key)))]++;
    }
    for (int count : counts) {
      assertThat(count).isBetween(500, 1_700);
    }
  }
}
