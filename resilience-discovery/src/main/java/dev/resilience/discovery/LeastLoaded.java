package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The better one of two drawn at random. */
final class LeastLoaded implements Balancer {

  @Override
  public Picker over(List<Candidate> candidates) {
    return new Draw(candidates.toArray(new Candidate[0]));
  }

  private static final class Draw implements Picker {

    private final Candidate[] all;

    Draw(Candidate[] all) {
      this.all = all;
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      int size = all.length;
      if (size == 1) {
        return usable.test(all[0]) ? all[0] : null;
      }
      // One draw is enough for two numbers.
      long drawn = ctx.timeSource().random().nextLong();
      int first = (int) (((drawn >>> 32) * size) >>> 32);
      int second = (int) (((drawn & 0xFFFF_FFFFL) * (size - 1)) >>> 32);
      second += second >= first ? 1 : 0;
      Candidate one = all[first];
      Candidate other = all[second];
      boolean oneIsUsable = usable.test(one);
      if (oneIsUsable && usable.test(other)) {
        return isWorse(one, other, now) ? other : one;
      }
      return oneIsUsable ? one : firstFrom(second, usable);
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

    /** An unknown latency says nothing: the number of calls decides then. */
    private static boolean isWorse(Candidate one, Candidate other, long now) {
      // Multiplied crosswise: two divisions would take longer than all the rest.
      double load = (one.inFlight() + 1) * other.weight();
      double otherLoad = (other.inFlight() + 1) * one.weight();
      double latency = one.latencyNanos(now);
      double otherLatency = other.latencyNanos(now);
      return (latency > 0 && otherLatency > 0)
          ? load * latency > otherLoad * otherLatency
          : load > otherLoad;
    }
  }
}
