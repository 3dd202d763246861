package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer.Picker;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The hot-cold rule of Prequal. Of a few drawn at random those are hot that have more calls in
 * flight than most; the cold one with the least latency is taken, or where all are hot, the one
 * with the fewest calls in flight. So latency decides as long as nobody is overloaded, and load
 * where somebody is. What most have is found out every 100 ms, by one of the calls.
 */
final class HotCold implements Balancer {

  private static final double QUANTILE = 0.84;
  private static final int DRAWS = 4;
  private static final long INTERVAL_NANOS = 100_000_000;

  @Override
  public Picker over(List<Candidate> candidates) {
    return new Pool(candidates.toArray(new Candidate[0]));
  }

  private static final class Pool implements Picker {

    private final Candidate[] all;
    private final AtomicLong measured = new AtomicLong(Long.MIN_VALUE);
    private volatile int hotAbove = Integer.MAX_VALUE;

    Pool(Candidate[] all) {
      this.all = all;
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      measure(now);
      int limit = hotAbove;
      RandomGenerator random = ctx.timeSource().random();
      Candidate best = null;
      for (int i = 0; i < DRAWS; i++) {
        Candidate drawn = all[random.nextInt(all.length)];
        if (usable.test(drawn) && (best == null || isBetter(drawn, best, limit, now))) {
          best = drawn;
        }
      }
      return best != null ? best : anyOf(random.nextInt(all.length), usable);
    }

    private @Nullable Candidate anyOf(int start, Predicate<? super Candidate> usable) {
      for (int i = 0; i < all.length; i++) {
        Candidate candidate = all[(start + i) % all.length];
        if (usable.test(candidate)) {
          return candidate;
        }
      }
      return null;
    }

    private static boolean isBetter(Candidate one, Candidate other, int limit, long now) {
      int load = inFlight(one, now);
      int otherLoad = inFlight(other, now);
      boolean hot = load > limit;
      boolean otherHot = otherLoad > limit;
      if (hot != otherHot) {
        return otherHot;
      }
      if (hot) {
        return load < otherLoad;
      }
      double latency = latency(one, now);
      double otherLatency = latency(other, now);
      return latency == otherLatency ? load < otherLoad : latency < otherLatency;
    }

    /** Of all its callers where it is known, and else of this client alone. */
    private static int inFlight(Candidate candidate, long now) {
      ServerLoad load = candidate.serverLoad(now);
      return load == null ? candidate.inFlight() : Math.max(load.inFlight(), candidate.inFlight());
    }

    private static double latency(Candidate candidate, long now) {
      ServerLoad load = candidate.serverLoad(now);
      return load == null || load.latencyNanos() == 0
          ? candidate.latencyNanos(now)
          : load.latencyNanos();
    }

    private void measure(long now) {
      long last = measured.get();
      if ((last != Long.MIN_VALUE && now - last < INTERVAL_NANOS)
          || !measured.compareAndSet(last, now)) {
        return;
      }
      int[] loads = new int[all.length];
      for (int i = 0; i < all.length; i++) {
        loads[i] = inFlight(all[i], now);
      }
      Arrays.sort(loads);
      hotAbove = loads[(int) Math.ceil(QUANTILE * loads.length) - 1];
    }
  }
}
