package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.ServerLoad;
import dev.resilience.policy.Verdict;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * How busy and how fast an instance is, as one client sees it. The average and its time are written
 * apart and without a lock: two answers that come together may lose one of them, which is less than
 * the noise of what is measured.
 *
 * <p>All of it in one object: with thousands of instances, each object that a pick has to look at
 * is a miss of the cache.
 */
final class Load {

  private static final double SLOWER = 0.3;
  private static final double FASTER = 0.1;
  private static final long HALF_LIFE = 5_000_000_000L;
  private static final double MUCH_SLOWER = 4;
  private static final VarHandle IN_FLIGHT;
  private static final VarHandle LATENCY;
  private static final VarHandle HEARD;
  private static final VarHandle ANSWERED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      IN_FLIGHT = lookup.findVarHandle(Load.class, "inFlight", int.class);
      LATENCY = lookup.findVarHandle(Load.class, "latency", double.class);
      HEARD = lookup.findVarHandle(Load.class, "heard", long.class);
      ANSWERED = lookup.findVarHandle(Load.class, "answered", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /** What an instance has said of its load is worth something for so long. */
  private static final long FRESH_NANOS = 1_000_000_000L;

  private record Report(ServerLoad load, long at) {}

  private volatile int inFlight;
  private volatile @Nullable Report report;
  private volatile double latency;
  private volatile long heard;
  private volatile long answered;

  void begin() {
    IN_FLIGHT.getAndAdd(this, 1);
  }

  void end() {
    IN_FLIGHT.getAndAdd(this, -1);
  }

  int inFlight() {
    return inFlight;
  }

  /** The average; half of it for each five seconds in which nothing was heard. 0: not known. */
  double latencyNanos(long now) {
    double average = latency;
    long silence = now - heard;
    return average == 0 || silence < HALF_LIFE
        ? average
        : Math.max(1, Math.scalb(average, (int) -Math.min(60, silence / HALF_LIFE)));
  }

  void reported(ServerLoad load, long now) {
    report = new Report(load, now);
  }

  /** Null: it has said nothing in the last second. */
  @Nullable ServerLoad serverLoad(long now) {
    Report last = report;
    return last == null || now - last.at > FRESH_NANOS ? null : last.load;
  }

  /** How long ago it answered last, in nanoseconds. */
  long sinceAnswer(long now) {
    long last = answered;
    return last == 0 ? Long.MAX_VALUE : now - last;
  }

  /**
   * Takes an answer. Returns whether one that was slow, and of which nothing was heard for a while,
   * is quick again.
   */
  boolean heard(Verdict.Sample sample, long took, long now) {
    if (sample == Verdict.Sample.EXACT) {
      ANSWERED.setRelease(this, now == 0 ? 1 : now);
    }
    double average = latencyNanos(now);
    if (sample == Verdict.Sample.NONE || (sample == Verdict.Sample.AT_LEAST && took <= average)) {
      return false;
    }
    double next = Math.max(1, took);
    boolean quickAgain =
        sample == Verdict.Sample.EXACT && now - heard >= HALF_LIFE && next * MUCH_SLOWER <= latency;
    // Nobody has to see it at once: without a fence this costs a third.
    LATENCY.setRelease(
        this, average == 0 ? next : average + (next - average) * weight(next > average, now));
    HEARD.setRelease(this, now);
    return quickAgain;
  }

  /** After a silence an answer is worth more than what is remembered. */
  private double weight(boolean slower, long now) {
    double silence = (double) (now - heard) / HALF_LIFE;
    return Math.max(slower ? SLOWER : FASTER, Math.min(1, silence));
  }
}
