package dev.resilience.propagation;

import dev.resilience.context.Context;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.statistics.RecentDurations;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the times of calls to one dependency: the share of the network, which the time
 * left is shortened by, and how long even quick calls take, below which a call is not worth
 * sending. One for each dependency, fed by the client.
 *
 * <p>The <em>allowance</em> is the time of a call that its server does not account for: smoothed
 * mean and twice the mean deviation, by the estimator of RFC 6298. The <em>usual</em> time is what
 * nine of ten of the last {@value #WINDOW} calls take at least: who has less left would be lucky.
 * The median would refuse the half that is quick where half is slow.
 *
 * <p>Refused calls teach nothing. So every tenth is let through, and what was learnt longer than
 * {@value #SECONDS} s ago is forgotten.
 *
 * <p>Thread-safe; a sample that is lost to a race is no loss. To record costs some nanoseconds, and
 * every eighth time a sort of {@value #WINDOW} numbers; to ask, volatile reads.
 */
public final class CallTimes {

  static final int WINDOW = 32;
  static final int ENOUGH = 8;
  static final int SECONDS = 10;
  static final int PROBES = 10;

  private static final double QUICK = 0.1;
  private static final int RECOMPUTED = 8;
  private static final long FORGOTTEN = SECONDS * 1_000_000_000L;

  /** Nothing that a healthy network does; beyond it the server's account is wrong. */
  private static final long LONGEST_ALLOWANCE = 1_000_000_000L;

  private final long fixedAllowance;
  private final RecentDurations durations = new RecentDurations(WINDOW);
  private final AtomicInteger refused = new AtomicInteger();

  private volatile long usual;
  private volatile long learntAt;
  private volatile long mean = -1;
  private volatile long deviation;

  private CallTimes(long fixedAllowance) {
    this.fixedAllowance = fixedAllowance;
  }

  /** Everything is measured; nothing is known at first. */
  public static CallTimes ofDefaults() {
    return new CallTimes(-1);
  }

  /**
   * With a network that is known.
   *
   * @param allowance for both ways, zero or more
   */
  public static CallTimes withAllowance(Duration allowance) {
    Durations.requireNotNegative(allowance, "allowance");
    return new CallTimes(Durations.toNanos(allowance));
  }

  /**
   * A call was answered.
   *
   * @param took from sending it until the answer began
   * @param inServer how long the server says that it worked; null: it does not say
   */
  public void answered(Context ctx, Duration took, @Nullable Duration inServer) {
    long nanos = Durations.toNanos(took);
    learn(nanos, ctx.timeSource().nanoTime());
    if (inServer != null && !inServer.isNegative()) {
      network(nanos - Durations.toNanos(inServer));
    }
  }

  /** A call was cut off after a time: it counts where it is longer than the usual. */
  public void cutOff(Context ctx, Duration ran) {
    long nanos = Durations.toNanos(ran);
    if (nanos > usual) {
      learn(nanos, ctx.timeSource().nanoTime());
    }
  }

  private void learn(long nanos, long now) {
    int count = durations.record(Math.max(1, nanos));
    learntAt = now;
    if (count == ENOUGH || (count > ENOUGH && count % RECOMPUTED == 0)) {
      usual = RecentDurations.quantile(durations.sorted(), QUICK);
    }
  }

  private void network(long nanos) {
    long share = Math.max(0, Math.min(LONGEST_ALLOWANCE, nanos));
    long known = mean;
    if (known < 0) {
      deviation = share / 2;
      mean = share;
    } else {
      long spread = deviation;
      deviation = spread + (Math.abs(share - known) - spread) / 4;
      mean = known + (share - known) / 8;
    }
  }

  /** What the time left is shortened by; zero as long as nothing is known. */
  public Duration allowance() {
    return Duration.ofNanos(allowanceNanos());
  }

  /** What nine of ten calls take at least; zero as long as too little is known. */
  public Duration usual() {
    return Duration.ofNanos(usual);
  }

  private long allowanceNanos() {
    if (fixedAllowance >= 0) {
      return fixedAllowance;
    }
    long known = mean;
    return known < 0 ? 0 : Math.min(LONGEST_ALLOWANCE, known + 2 * deviation);
  }

  /**
   * What the server is told that is left.
   *
   * @param left of the caller's time, in nanoseconds, positive
   * @throws NoTimeLeftException if that is shorter than calls usually take
   */
  long forServer(long left, long now) {
    boolean isKnown = now - learntAt < FORGOTTEN;
    long needed = isKnown ? usual : 0;
    long allowance = allowanceNanos();
    // All of the call has to fit into what is left; its usual time has the network in it.
    if ((left <= needed || left <= allowance)
        && (isKnown || fixedAllowance >= 0)
        && refused.incrementAndGet() % PROBES != 0) {
      throw new NoTimeLeftException(
          "no time left: "
              + DurationText.of(Duration.ofNanos(left))
              + " (expected: more than the "
              + DurationText.of(Duration.ofNanos(Math.max(needed, allowance)))
              + " that even quick calls take)");
    }
    return Math.max(left - allowance, left / 2);
  }

  @Override
  public String toString() {
    return "usually at least "
        + DurationText.of(usual())
        + ", network "
        + DurationText.of(allowance());
  }
}
