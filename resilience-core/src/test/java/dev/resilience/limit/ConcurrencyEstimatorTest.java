package dev.resilience.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Law 12: for any latency, constant or changing, the limit lets a healthy dependency be used again.
 * A closed loop of callers that always want more than they get, before a dependency without any
 * queue whose latency changes at random.
 */
class ConcurrencyEstimatorTest {

  private static final double NANOS = 1e9;

  @Test
  void never_locks_itself_out_whatever_the_latency_does() {
    Schedules.check(2_000, (seed, random) -> new World(random).play());
  }

  /** Calls under way, by their end. */
  private record Running(double until, long began, int inUse) {}

  private static final class World {

    private final RandomGenerator random;
    private final PermitCounter counter = new PermitCounter(10);
    private final ConcurrencyEstimator estimator = new ConcurrencyEstimator(10, 1, 1_000);
    private final PriorityQueue<Running> running =
        new PriorityQueue<>((one, other) -> Double.compare(one.until(), other.until()));
    private final ArrayDeque<Double> ends = new ArrayDeque<>();
    private final double demand;
    private double now = 1;
    private double latency;

    World(RandomGenerator random) {
      this.random = random;
      this.demand = 2 + random.nextInt(60);
      this.latency = anyLatency();
    }

    /** From a millisecond to a second. */
    private double anyLatency() {
      return 0.001 * Math.pow(1_000, random.nextDouble());
    }

    void play() {
      double spread = random.nextDouble() * 0.5;
      int changes = 1 + random.nextInt(4);
      for (int i = 0; i < changes; i++) {
        run(400 + random.nextInt(2_000), spread);
        latency = anyLatency();
      }
      // However it came here: within so many calls it has found its way.
      run(3_000, spread);
      ends.clear();
      double from = now;
      run(1_000, spread);
      double throughput = ends.size() / (now - from);
      double possible = demand / latency;
      assertThat(throughput)
          .as("calls in a second, latency %s s, demand %s, %s", latency, demand, estimator.limit())
          .isGreaterThan(0.5 * possible);
      assertThat(estimator.limit()).isBetween(1, 1_000);
    }

    /**
     * Callers come as often as to have the demand under way, and are refused where they have to.
     */
    private void run(int calls, double spread) {
      for (int i = 0; i < calls; i++) {
        now += -Math.log(1 - random.nextDouble()) * latency / demand;
        finishUntil(now);
        long admission = counter.tryAcquire();
        if (admission < 0) {
          estimator.pressed(nanos(now), true, counter);
        } else {
          double took = latency * Math.exp(spread * random.nextGaussian());
          running.add(new Running(now + took, nanos(now), PermitCounter.inUse(admission)));
        }
        counter.setLimit(estimator.limit());
      }
    }

    private void finishUntil(double moment) {
      while (!running.isEmpty() && running.peek().until() <= moment) {
        Running ended = running.remove();
        ends.add(ended.until());
        estimator.sample(ended.began(), nanos(ended.until()), false, ended.inUse(), counter);
        counter.release();
        counter.setLimit(estimator.limit());
      }
    }

    private static long nanos(double seconds) {
      return (long) (seconds * NANOS);
    }
  }
}
