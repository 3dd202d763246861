package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer.Picker;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A turn without a lock. The counter walks over the candidates, round after round. Where one is
 * brought back gently, the others have a turn in each round, and one of a share s of theirs in s of
 * the rounds: in those where {@code round * s} passes a whole number. Each begins at a place of its
 * own, so that those who share a start do not have their turns in the same round.
 *
 * <p>The counter begins anywhere, and outlives the candidates, so that many changes do not favour
 * the first of the list.
 */
final class RoundRobin implements Balancer {

  private static final int ONE = 1 << 16;

  @Override
  public Picker over(List<Candidate> candidates) {
    return prepared(candidates, new Turns());
  }

  @Override
  public Picker over(List<Candidate> candidates, Picker previous) {
    return prepared(
        candidates,
        previous instanceof Turn turn
            ? turn.turns
            : previous instanceof PartialTurn turn ? turn.turns : new Turns());
  }

  private static Picker prepared(List<Candidate> candidates, Turns turns) {
    Candidate[] all = candidates.toArray(new Candidate[0]);
    double[] shares = new double[all.length];
    double most = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < all.length; i++) {
      shares[i] = all[i].weight() / all[i].instance().weight();
      most = Math.max(most, shares[i]);
      least = Math.min(least, shares[i]);
    }
    if (least == most) {
      return new Turn(turns, all);
    }
    int[] strides = new int[all.length];
    int[] starts = new int[all.length];
    int lightest = ONE;
    for (int i = 0; i < all.length; i++) {
      strides[i] = Math.max(1, (int) Math.round(shares[i] / most * ONE));
      lightest = Math.min(lightest, strides[i]);
      // The golden ratio spreads any number of places evenly.
      starts[i] = (int) ((i * 0x9E37L) & (ONE - 1));
    }
    return new PartialTurn(turns, all, strides, starts, (long) all.length * (ONE / lightest + 1));
  }

  /** Others take turns meanwhile, so a call may have seen only those that it may not use. */
  private static @Nullable Candidate anyOf(Candidate[] all, Predicate<? super Candidate> usable) {
    for (Candidate candidate : all) {
      if (usable.test(candidate)) {
        return candidate;
      }
    }
    return null;
  }

  /** Everybody has a turn in each round. */
  private static final class Turn implements Picker {

    private final Turns turns;
    private final Candidate[] all;

    Turn(Turns turns, Candidate[] all) {
      this.turns = turns;
      this.all = all;
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      for (int tries = 0; tries < all.length; tries++) {
        long turn = turns.take(ctx);
        Candidate candidate = all[(int) (turn % all.length)];
        if (usable.test(candidate)) {
          return candidate;
        }
      }
      return anyOf(all, usable);
    }
  }

  /** Some have a turn in some of the rounds. */
  private static final class PartialTurn implements Picker {

    private final Turns turns;
    private final Candidate[] all;
    private final int[] strides;
    private final int[] starts;
    private final long enough;

    PartialTurn(Turns turns, Candidate[] all, int[] strides, int[] starts, long enough) {
      this.turns = turns;
      this.all = all;
      this.strides = strides;
      this.starts = starts;
      this.enough = enough;
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      for (long tries = 0; tries < enough; tries++) {
        long turn = turns.take(ctx);
        int i = (int) (turn % all.length);
        long round = turn / all.length;
        long place = (round * strides[i] + starts[i]) & (ONE - 1);
        if (place + strides[i] >= ONE && usable.test(all[i])) {
          return all[i];
        }
      }
      return anyOf(all, usable);
    }
  }
}
