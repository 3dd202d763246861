package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer.Picker;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The better one of two drawn at random, in proportion to their weights. The first one drawn gets
 * the call unless the other one is less busy for its size even with this call. So at rest each has
 * calls in proportion to its weight, also one that is brought back gently, and under load each has
 * as many in flight.
 *
 * <p>Where most are about as heavy as the heaviest, one is drawn evenly and taken as often as its
 * weight is of the heaviest: that looks at nothing that the comparison does not look at anyway.
 * Where they are not, a {@link GuideTable} finds one at once.
 */
final class LeastLoaded implements Balancer {

  @Override
  public Picker over(List<Candidate> candidates) {
    return new Draw(candidates.toArray(new Candidate[0]));
  }

  private static final class Draw implements Picker {

    private static final long LOWER_HALF = 0xFFFF_FFFFL;

    /** Where each draw is good in half of the cases, so many are as good as certain. */
    private static final int PATIENCE = 32;

    private final Candidate[] all;
    private final boolean even;
    private final double heaviest;

    /** Null: the weights are so near to each other that it is not needed. */
    private final @Nullable GuideTable line;

    Draw(Candidate[] all) {
      double whole = 0;
      double most = 0;
      double least = Double.POSITIVE_INFINITY;
      for (Candidate candidate : all) {
        whole += candidate.weight();
        most = Math.max(most, candidate.weight());
        least = Math.min(least, candidate.weight());
      }
      this.all = all;
      this.even = least == most;
      this.heaviest = most;
      this.line = 2 * whole < most * all.length ? new GuideTable(all) : null;
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      if (all.length == 1) {
        return usable.test(all[0]) ? all[0] : null;
      }
      RandomGenerator random = ctx.timeSource().random();
      int first;
      int second;
      if (even) {
        // One draw is enough for two numbers.
        long drawn = random.nextLong();
        first = part(drawn >>> 32, all.length);
        second = part(drawn & LOWER_HALF, all.length - 1);
        second += second >= first ? 1 : 0;
      } else {
        first = byWeight(random, -1);
        second = byWeight(random, first);
      }
      Candidate one = all[first];
      Candidate other = all[second];
      boolean oneIsUsable = usable.test(one);
      if (oneIsUsable && usable.test(other)) {
        return isWorse(one, other, now) ? other : one;
      }
      return oneIsUsable ? one : firstFrom(second, usable);
    }

    private static int part(long place, int parts) {
      return (int) ((place * parts) >>> 32);
    }

    private int byWeight(RandomGenerator random, int except) {
      for (int tries = 0; tries < PATIENCE; tries++) {
        long drawn = random.nextLong();
        int i = line != null ? line.at(drawn >>> 32) : part(drawn >>> 32, all.length);
        if (i != except
            && (line != null || (drawn & LOWER_HALF) * heaviest <= all[i].weight() * LOWER_HALF)) {
          return i;
        }
      }
      // The one to be left out has almost all of the weight: its neighbour is as good as any.
      return except + 1 < all.length ? except + 1 : 0;
    }

    private @Nullable Candidate firstFrom(int start, Predicate<? super Candidate> usable) {
      for (int i = 0; i < all.length; i++) {
        Candidate candidate = all[(start + i) % all.length];
        if (usable.test(candidate)) {
          return candidate;
        }
      }
      return null;
    }

    /**
     * With weights relative to the heavier one, {@code 1 + calls / weight} is compared with {@code
     * (1 + calls) / weight}, and where they are known each is multiplied with the latency.
     */
    private static boolean isWorse(Candidate one, Candidate other, long now) {
      double weight = one.weight();
      double otherWeight = other.weight();
      double heavier = Math.max(weight, otherWeight);
      // Multiplied crosswise: divisions would take longer than all the rest.
      double load = (weight + one.inFlight() * heavier) * otherWeight;
      double otherLoad = (1 + other.inFlight()) * heavier * weight;
      double latency = one.latencyNanos(now);
      double otherLatency = other.latencyNanos(now);
      return (latency > 0 && otherLatency > 0)
          ? load * latency > otherLoad * otherLatency
          : load > otherLoad;
    }
  }
}
