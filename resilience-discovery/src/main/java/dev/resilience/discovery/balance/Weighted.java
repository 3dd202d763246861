package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer.Picker;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A weighted turn without a lock, and without a search. The turn with the number n is at the place
 * {@code n * golden ratio} of a {@link GuideTable}, the whole part taken off: these places are
 * spread more evenly than almost all others, after any number of them, so each candidate has its
 * share of turns at any time, and they come at only three different distances.
 *
 * <p>The counter begins anywhere, which turns all places by the same angle, and outlives the
 * candidates, so that many changes do not favour the first of the list.
 */
final class Weighted implements Balancer {

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  /** Turns that a call takes before it asks all in order whom it may use. */
  private static final int PATIENCE = 4;

  @Override
  public Picker over(List<Candidate> candidates) {
    return new Turn(new Turns(), candidates);
  }

  @Override
  public Picker over(List<Candidate> candidates, Picker previous) {
    return new Turn(previous instanceof Turn before ? before.turns : new Turns(), candidates);
  }

  private static final class Turn implements Picker {

    private final Turns turns;
    private final Candidate[] all;
    private final GuideTable line;

    Turn(Turns turns, List<Candidate> candidates) {
      this.turns = turns;
      this.all = candidates.toArray(new Candidate[0]);
      this.line = new GuideTable(all);
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      int i = 0;
      for (int tries = 0; tries < PATIENCE; tries++) {
        i = line.at((turns.take(ctx) * GOLDEN_RATIO) >>> 32);
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
  }
}
