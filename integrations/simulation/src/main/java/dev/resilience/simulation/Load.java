package dev.resilience.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Who calls: how many a second, how long they wait, and how many of them leave before. Callers come
 * whether or not those before them have been served, at intervals that are distributed
 * exponentially.
 *
 * @param rate callers a second
 * @param surges times with another rate
 * @param patience how long a caller waits at the most; its deadline
 * @param leaving the share of the callers who leave before
 * @param leavesAfter when they leave
 * @param critical the share of the callers whose calls matter most; those of the others are {@link
 *     dev.resilience.context.Criticality#SHEDDABLE}
 */
public record Load(
    double rate,
    List<Surge> surges,
    Duration patience,
    double leaving,
    Latency leavesAfter,
    double critical) {

  /** Copies the list. */
  public Load {
    surges = List.copyOf(surges);
  }

  /** A time with another rate. */
  public record Surge(Duration from, Duration until, double rate) {}

  /** Callers with a patience of one second of whom none leaves and all are critical. */
  public static Builder builder(double rate) {
    return new Builder(rate);
  }

  double rateAt(long nanos) {
    for (Surge surge : surges) {
      if (nanos >= surge.from().toNanos() && nanos < surge.until().toNanos()) {
        return surge.rate();
      }
    }
    return rate;
  }

  /** Builds a {@link Load}. Not thread-safe. */
  public static final class Builder {

    private final double rate;
    private final List<Surge> surges = new ArrayList<>();
    private Duration patience = Duration.ofSeconds(1);
    private double leaving;
    private Latency leavesAfter = Latency.constant(Duration.ZERO);
    private double critical = 1;

    private Builder(double rate) {
      if (!(rate > 0)) {
        throw new IllegalArgumentException("rate: " + rate + " (expected: > 0)");
      }
      this.rate = rate;
    }

    /** Another rate between two moments, counted from the start of the run. Default: none. */
    public Builder surge(Duration from, Duration until, double newRate) {
      surges.add(new Surge(from, until, newRate));
      return this;
    }

    /** How long callers wait. Default: 1 s. */
    public Builder patience(Duration newPatience) {
      patience = newPatience;
      return this;
    }

    /** Lets a share of the callers leave before. Default: none. */
    public Builder leaving(double share, Latency after) {
      leaving = share;
      leavesAfter = after;
      return this;
    }

    /** The share of the callers whose calls matter most. Default: 1. */
    public Builder critical(double share) {
      critical = share;
      return this;
    }

    /** Builds the description. */
    public Load build() {
      return new Load(rate, surges, patience, leaving, leavesAfter, critical);
    }
  }
}
