package dev.resilience.discovery.balance;

import dev.resilience.discovery.Checks;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import java.time.Duration;

/**
 * How busy an instance says it is: calls of all its callers, of which a client sees only its own.
 * Handed in by {@code ServiceClient.reportLoad}, for example from a header of a response.
 * Immutable.
 */
public final class ServerLoad {

  private final int inFlight;
  private final long latencyNanos;

  private ServerLoad(int inFlight, Duration latency) {
    this.inFlight = inFlight;
    this.latencyNanos = Durations.toNanos(latency);
  }

  /**
   * A load.
   *
   * @param inFlight calls that the instance is working on, or that wait there; zero or more
   * @param latency how long calls take there just now; zero: not known
   */
  public static ServerLoad of(int inFlight, Duration latency) {
    Checks.between("inFlight", inFlight, 0, Integer.MAX_VALUE);
    return new ServerLoad(inFlight, Durations.requireNotNegative(latency, "latency"));
  }

  /** Calls that the instance is working on, or that wait there. */
  public int inFlight() {
    return inFlight;
  }

  /** How long calls take there just now; zero: not known. */
  public Duration latency() {
    return Duration.ofNanos(latencyNanos);
  }

  /** The same in nanoseconds, for a balancer. */
  public long latencyNanos() {
    return latencyNanos;
  }

  @Override
  public String toString() {
    return inFlight + " in flight, " + DurationText.of(latency());
  }
}
