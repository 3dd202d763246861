package dev.resilience.discovery.balance;

import dev.resilience.discovery.registry.ServiceInstance;
import org.jspecify.annotations.Nullable;

/**
 * An instance that may be called now, with what is known of it. Handed to a {@link Balancer} by a
 * {@link dev.resilience.discovery.client.ServiceClient}; thread-safe.
 */
public interface Candidate {

  /** The instance. */
  ServiceInstance instance();

  /**
   * Its share of the traffic in proportion to the others: that of the instance, or less while it is
   * brought back gently. Positive; fixed for this candidate.
   */
  double weight();

  /** How many calls of this client it is working on. */
  int inFlight();

  /**
   * How long it takes to answer: an average in which older answers count less, and a slow answer
   * counts at once. Fades while nothing is heard, so that an instance once slow is tried again.
   *
   * @param now a reading of {@link dev.resilience.time.TimeSource#nanoTime}
   * @return nanoseconds, as a number because this is asked for each call; 0: not known yet
   */
  double latencyNanos(long now);

  /**
   * What the instance has said of its load, if that is fresh: in the last second.
   *
   * @param now as above
   * @return null: not known
   */
  default @Nullable ServerLoad serverLoad(long now) {
    return null;
  }
}
