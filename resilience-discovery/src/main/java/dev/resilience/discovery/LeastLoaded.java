package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The better one of two drawn at random, in proportion to their weights. The first one drawn gets
 * the call unless the other one is less busy for its size even with this call. So at rest each has
 * calls in proportion to its weight, also one that is brought back gently, and under load each has
 * as many in flight.
 */
final class LeastLoaded implements Balancer {

  private static final long LOWER_HALF = 0xFFFF_FFFFL;
  private static final long GOLDEN_RATIO = 0x9E37_79B9L;
  private static final int PATIENCE = 4;

  @Override
  public Picker over(List<Candidate> candidates) {
    return new Draw(candidates.toArray(new Candidate[0]));
  }

  private static final class Draw implements Picker {

    private final Candidate[] all;
    private final Line line;

    Draw(Candidate[] all) {
      this.all = all;
      this.line = new Line(all);
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      int size = all.length;
      if (size == 1) {
        return usable.test(all[0]) ? all[0] : null;
      }
      // One draw is enough for two numbers.
      long drawn = ctx.timeSource().random().nextLong();
      int first = line.at(drawn >>> 32);
      int second = line.isEven() ? evenly(first, drawn) : byWeight(first, drawn);
      Candidate one = all[first];
      Candidate other = all[second];
      boolean oneIsUsable = usable.test(one);
      if (oneIsUsable && usable.test(other)) {
        return isWorse(one, other, now) ? other : one;
      }
      return oneIsUsable ? one : firstFrom(second, usable);
    }

    private int evenly(int first, long drawn) {
      int second = (int) (((drawn & LOWER_HALF) * (all.length - 1)) >>> 32);
      return second + (second >= first ? 1 : 0);
    }

    /** Where one has almost all of the weight, its neighbour is as good as any. */
    private int byWeight(int first, long drawn) {
      long place = drawn & LOWER_HALF;
      for (int tries = 0; tries < PATIENCE; tries++) {
        int second = line.at(place);
        if (second != first) {
          return second;
        }
        place = (place + GOLDEN_RATIO) & LOWER_HALF;
      }
      return first + 1 < all.length ? first + 1 : 0;
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
