package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A weighted turn without a lock. The counter walks over the candidates, round after round. The
 * heaviest one has its turn in each round; one of a share s of that in s of the rounds: in those
 * where {@code round * s} passes a whole number. Each begins at a place of its own, so that light
 * ones do not have their turns in the same round. The idea is that of stride scheduling
 * (Waldspurger and Weihl, 1995), with a counter in place of a queue, as in gRPC's weighted round
 * robin.
 *
 * <p>A pick costs one increment and on average as many steps as the greatest weight is to the mean
 * one. The counter outlives the candidates, so that many changes do not favour the first of the
 * list.
 */
final class Strides implements Balancer {

  private static final int ONE = 1 << 16;

  private final ToDoubleFunction<Candidate> weight;
  private final AtomicLong turns = new AtomicLong();

  Strides(ToDoubleFunction<Candidate> weight) {
    this.weight = weight;
  }

  @Override
  public Picker over(List<Candidate> candidates) {
    int size = candidates.size();
    double most = candidates.stream().mapToDouble(weight).max().orElse(1);
    Candidate[] all = candidates.toArray(new Candidate[0]);
    int[] strides = new int[size];
    int[] starts = new int[size];
    int lightest = ONE;
    for (int i = 0; i < size; i++) {
      strides[i] = Math.max(1, (int) Math.round(weight.applyAsDouble(all[i]) / most * ONE));
      lightest = Math.min(lightest, strides[i]);
      // The golden ratio spreads any number of places evenly.
      starts[i] = (int) ((i * 0x9E37L) & (ONE - 1));
    }
    return new Turn(turns, all, strides, starts, (long) size * (ONE / lightest + 1));
  }

  private static final class Turn implements Picker {

    private final AtomicLong turns;
    private final Candidate[] all;
    private final int[] strides;
    private final int[] starts;
    private final long enough;

    Turn(AtomicLong turns, Candidate[] all, int[] strides, int[] starts, long enough) {
      this.turns = turns;
      this.all = all;
      this.strides = strides;
      this.starts = starts;
      this.enough = enough;
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      for (long tries = 0; tries < enough; tries++) {
        long turn = turns.getAndIncrement() & Long.MAX_VALUE;
        int i = (int) (turn % all.length);
        long round = turn / all.length;
        long place = (round * strides[i] + starts[i]) & (ONE - 1);
        if (place + strides[i] >= ONE && usable.test(all[i])) {
          return all[i];
        }
      }
      return anyOf(usable);
    }

    /** Others take turns meanwhile, so this call may have seen only those that it may not use. */
    private @Nullable Candidate anyOf(Predicate<? super Candidate> usable) {
      for (Candidate candidate : all) {
        if (usable.test(candidate)) {
          return candidate;
        }
      }
      return null;
    }
  }
}
