package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A weighted turn without a lock, and without a search. The candidates lie side by side on a line,
 * each as long as its weight. The turn with the number n is at the place {@code n * golden ratio}
 * of that line, the whole part taken off: these places are spread more evenly than almost all
 * others, after any number of them, so each candidate has its share of turns at any time, and they
 * come at only three different distances.
 *
 * <p>A table with one entry for each candidate tells who lies at the beginning of each n-th of the
 * line; from there it is one step on average. The counter outlives the candidates, so that many
 * changes do not favour the first of the list.
 */
final class Weighted implements Balancer {

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;
  private static final double WHOLE = 0x1p32;

  /** Turns that a call takes before it asks all in order whom it may use. */
  private static final int PATIENCE = 4;

  @Override
  public Picker over(List<Candidate> candidates) {
    return new Line(new AtomicLong(), candidates);
  }

  @Override
  public Picker over(List<Candidate> candidates, Picker previous) {
    return new Line(previous instanceof Line before ? before.turns : new AtomicLong(), candidates);
  }

  private static final class Line implements Picker {

    final AtomicLong turns;
    private final Candidate[] all;

    /** Where each one ends, in 2^-32 of the line. */
    private final long[] ends;

    private final int[] guide;

    Line(AtomicLong turns, List<Candidate> candidates) {
      this.turns = turns;
      this.all = candidates.toArray(new Candidate[0]);
      this.ends = new long[all.length];
      this.guide = new int[all.length];
      double whole = 0;
      for (Candidate candidate : all) {
        whole += candidate.weight();
      }
      double sum = 0;
      for (int i = 0; i < all.length; i++) {
        sum += all[i].weight();
        ends[i] = Math.round(sum / whole * WHOLE);
      }
      // Whatever was lost in rounding, the last one ends where the line does.
      ends[all.length - 1] = (long) WHOLE;
      int at = 0;
      for (int i = 0; i < all.length; i++) {
        long begin = (((long) i << 32) + all.length - 1) / all.length;
        while (ends[at] <= begin) {
          at++;
        }
        guide[i] = at;
      }
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      int i = 0;
      for (int tries = 0; tries < PATIENCE; tries++) {
        i = at((turns.getAndIncrement() * GOLDEN_RATIO) >>> 32);
        if (usable.test(all[i])) {
          return all[i];
        }
      }
      for (int n = 1; n < all.length; n++) {
        Candidate candidate = all[(i + n) % all.length];
        if (usable.test(candidate)) {
          return candidate;
        }
      }
      return null;
    }

    private int at(long place) {
      int i = guide[(int) ((place * all.length) >>> 32)];
      while (ends[i] <= place) {
        i++;
      }
      return i;
    }
  }
}
