package dev.resilience.discovery.balance;

import dev.resilience.discovery.registry.ServiceInstance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From one {@link Ring} to the next. It costs some nanoseconds for each candidate, to find what has
 * changed, and some microseconds for each one that has.
 */
final class RingChange {

  private final Ring before;
  private final List<Candidate> next;

  /** Where the candidates of before are that have gone, and those of next that have come. */
  private final List<Integer> gone = new ArrayList<>();

  private final List<Integer> come = new ArrayList<>();

  /** Where those are in both that have changed, pairwise. */
  private final List<Integer> changed = new ArrayList<>();

  private final int[] seats;
  private int points;
  private @Nullable Candidate[] table = {};
  private long[][] arcs = {};

  RingChange(Ring before, List<Candidate> next) {
    this.before = before;
    this.next = next;
    this.seats = new int[next.size()];
    this.points = before.points();
    compare();
  }

  private void compare() {
    int i = 0;
    int j = 0;
    while (i < before.seats.length || j < seats.length) {
      Candidate old = i < before.seats.length ? before.candidates.get(i) : null;
      Candidate now = j < seats.length ? next.get(j) : null;
      int order =
          old == now
              ? 0
              : old == null
                  ? 1
                  : now == null
                      ? -1
                      : ServiceInstance.BY_ID.compare(old.instance(), now.instance());
      if (order < 0 && old != null) {
        gone.add(i++);
        points -= Ring.points(old);
      } else if (order > 0 && now != null) {
        come.add(j++);
        points += Ring.points(now);
      } else if (old != null && now != null) {
        if (old != now) {
          changed.add(i);
          changed.add(j);
          points += Ring.points(now) - Ring.points(old);
        }
        seats[j++] = before.seats[i++];
      }
    }
  }

  boolean isSmall() {
    return 8 * (gone.size() + come.size() + changed.size() / 2) <= next.size()
        && before.suits(points);
  }

  Ring make() {
    if (gone.isEmpty() && come.isEmpty() && changed.isEmpty()) {
      return before;
    }
    table = before.table.clone();
    arcs = before.arcs.clone();
    for (int i : gone) {
      Candidate candidate = before.candidates.get(i);
      takeOut(candidate, before.seats[i], 0, Ring.points(candidate));
      table[before.seats[i]] = null;
    }
    for (int i = 0; i < changed.size(); i += 2) {
      change(before.candidates.get(changed.get(i)), changed.get(i + 1));
    }
    int seat = 0;
    for (int j : come) {
      while (seat < table.length && table[seat] != null) {
        seat++;
      }
      if (seat == table.length) {
        table = Arrays.copyOf(table, table.length + table.length / 8 + 1);
      }
      Candidate candidate = next.get(j);
      seats[j] = seat;
      table[seat] = candidate;
      putIn(candidate, seat, 0, Ring.points(candidate));
    }
    return new Ring(next, seats, table, arcs, points);
  }

  private void change(Candidate old, int j) {
    Candidate now = next.get(j);
    table[seats[j]] = now;
    int before = Ring.points(old);
    int after = Ring.points(now);
    if (after < before) {
      takeOut(old, seats[j], after, before);
    } else {
      putIn(now, seats[j], before, after);
    }
  }

  private void putIn(Candidate candidate, int seat, int from, int to) {
    long seed = Ring.seed(candidate);
    for (int n = from; n < to; n++) {
      long point = Ring.point(seed, n, seat);
      int at = before.arcOf(point);
      long[] arc = arcs[at];
      long[] longer = Arrays.copyOf(arc, arc.length + 1);
      Ring.insert(longer, arc.length, point, table);
      arcs[at] = longer;
    }
  }

  private void takeOut(Candidate candidate, int seat, int from, int to) {
    long seed = Ring.seed(candidate);
    for (int n = from; n < to; n++) {
      long point = Ring.point(seed, n, seat);
      int at = before.arcOf(point);
      long[] arc = arcs[at];
      long[] shorter = new long[arc.length - 1];
      int kept = 0;
      boolean found = false;
      for (long one : arc) {
        if (one == point && !found) {
          found = true;
        } else {
          shorter[kept++] = one;
        }
      }
      arcs[at] = shorter;
    }
  }
}
