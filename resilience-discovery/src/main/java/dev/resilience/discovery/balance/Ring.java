package dev.resilience.discovery.balance;

import dev.resilience.discovery.Checks;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A ring of hashes on which each candidate has points in proportion to its weight. The points of an
 * instance are the same in every set, and those of a smaller weight are among those of a greater
 * one, so a change moves only what it must, and two processes that know the same instances agree.
 *
 * <p>Immutable, and cheap to change all the same. The ring is cut into arcs of a few points, each
 * an array; a {@link RingChange} copies the arcs that it touches and shares the others with the
 * ring before. A point is one number: its hash in the upper bits, in the lower ones the seat of its
 * candidate in a table. So a candidate that is replaced by a newer description of itself changes
 * one entry of the table, and one that grows adds points to those that it has.
 */
final class Ring {

  /** For each unit of weight; an instance of default weight has forty. */
  private static final int POINTS = 4;

  /** Of a point, for the seat; of the other 44 the top one is 0, and 43 are its hash. */
  private static final int SEAT_BITS = 20;

  private static final long SEAT = (1L << SEAT_BITS) - 1;

  /** Fewer points to an arc make more arcs to copy; more make a look-up longer. */
  private static final int ARC = 8;

  private static final long[] NO_POINTS = {};

  /** In the order of their ids, and beside it the seat of each. */
  final List<Candidate> candidates;

  final int[] seats;

  /** Free seats are null. */
  final @Nullable Candidate[] table;

  /** A power of two, so that the upper bits of a hash tell its arc. */
  final long[][] arcs;

  private final int shift;
  private final int points;

  Ring(
      List<Candidate> candidates,
      int[] seats,
      @Nullable Candidate[] table,
      long[][] arcs,
      int points) {
    this.candidates = candidates;
    this.seats = seats;
    this.table = table;
    this.arcs = arcs;
    this.shift = Long.SIZE - 1 - Integer.numberOfTrailingZeros(arcs.length);
    this.points = points;
  }

  static Ring of(List<Candidate> candidates) {
    checkSize(candidates);
    int size = candidates.size();
    int[] seats = new int[size];
    Arrays.setAll(seats, i -> i);
    int points = candidates.stream().mapToInt(Ring::points).sum();
    long[][] arcs = new long[Integer.highestOneBit(2 * (points / ARC) + 1)][];
    Arrays.fill(arcs, NO_POINTS);
    Ring ring = new Ring(candidates, seats, candidates.toArray(new Candidate[0]), arcs, points);
    ring.fill();
    return ring;
  }

  private void fill() {
    int[] filled = new int[arcs.length];
    for (int i = 0; i < seats.length; i++) {
      Candidate candidate = candidates.get(i);
      long seed = seed(candidate);
      for (int n = points(candidate) - 1; n >= 0; n--) {
        long point = point(seed, n, seats[i]);
        int at = arcOf(point);
        if (filled[at] == arcs[at].length) {
          arcs[at] = Arrays.copyOf(arcs[at], 2 * filled[at] + ARC);
        }
        arcs[at][filled[at]++] = point;
      }
    }
    for (int at = 0; at < arcs.length; at++) {
      long[] arc = Arrays.copyOf(arcs[at], filled[at]);
      for (int i = 1; i < arc.length; i++) {
        insert(arc, i, arc[i], table);
      }
      arcs[at] = arc;
    }
  }

  /** The ring of other candidates, most of whom are perhaps those of this one. */
  Ring changedTo(List<Candidate> next) {
    checkSize(next);
    RingChange change = new RingChange(this, next);
    // Where much is new, all of it anew is less work.
    return change.isSmall() ? change.make() : of(next);
  }

  private static void checkSize(List<Candidate> candidates) {
    Checks.between("candidates", candidates.size(), 1, (int) SEAT);
  }

  /** Whether the arcs are neither so many nor so few for as many points that others are better. */
  boolean suits(long otherPoints) {
    return otherPoints <= 2L * ARC * arcs.length
        && (arcs.length == 1 || otherPoints >= arcs.length);
  }

  /**
   * The candidate of the first point from a hash on that is usable.
   *
   * @return null: nobody is usable
   */
  @Nullable Candidate from(long hash, Predicate<? super Candidate> usable) {
    long place = hash >>> 1 >>> SEAT_BITS;
    int at = arcOf(hash >>> 1);
    long[] arc = arcs[at];
    int i = 0;
    while (i < arc.length && arc[i] >>> SEAT_BITS < place) {
      i++;
    }
    for (int seen = 0; seen < points; ) {
      if (i < arc.length) {
        Candidate candidate = table[seatOf(arc[i])];
        if (candidate != null && usable.test(candidate)) {
          return candidate;
        }
        i++;
        seen++;
      } else {
        at = (at + 1) & (arcs.length - 1);
        arc = arcs[at];
        i = 0;
      }
    }
    return null;
  }

  int points() {
    return points;
  }

  int arcOf(long point) {
    return (int) (point >>> shift);
  }

  static int points(Candidate candidate) {
    return (int) Math.max(1, Math.round(candidate.weight() * POINTS));
  }

  static long seed(Candidate candidate) {
    return Hash.of(candidate.instance().id());
  }

  static long point(long seed, int number, int seat) {
    return seatless(Hash.nth(seed, number) >>> 1) | seat;
  }

  /** The hash of a point alone. */
  static long seatless(long point) {
    return point & ~SEAT;
  }

  static int seatOf(long point) {
    return (int) (point & SEAT);
  }

  /** Puts a point among the first ones of an arc, of which there are as many as that. */
  static void insert(long[] arc, int count, long point, @Nullable Candidate[] table) {
    int at = count;
    while (at > 0 && isBefore(point, arc[at - 1], table)) {
      arc[at] = arc[at - 1];
      at--;
    }
    arc[at] = point;
  }

  /** By hash; where two are alike by id, since seats differ from process to process. */
  private static boolean isBefore(long one, long other, @Nullable Candidate[] table) {
    long hash = one >>> SEAT_BITS;
    long otherHash = other >>> SEAT_BITS;
    return hash < otherHash
        || (hash == otherHash
            && idOf(table[seatOf(one)]).compareTo(idOf(table[seatOf(other)])) < 0);
  }

  private static String idOf(@Nullable Candidate candidate) {
    return candidate == null ? "" : candidate.instance().id();
  }
}
