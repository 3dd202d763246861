package dev.resilience.limit;

import dev.resilience.context.Context;
import java.time.Duration;

/**
 * Tokens of a {@link RateLimit} that are somebody's already, though perhaps not yet. Its moment
 * comes by itself; it moves forward when somebody ahead gives up, and changes with the rate.
 *
 * <pre>{@code
 * try (Reservation slot = limit.reserve(ctx, 5)) {
 *   if (slot.delay().compareTo(ofSeconds(1)) > 0) {
 *     return LATER;                      // closes: all five tokens are back
 *   }
 *   slot.await(ctx);                     // used from here on
 *   upload(ctx, fiveParts);
 * }
 * }</pre>
 *
 * <p>Tokens that are given back after their moment count as if they had never been taken: those
 * that would have overflowed meanwhile are lost, so that no return exceeds the burst.
 *
 * <p>Thread-safe.
 */
public final class Reservation implements AutoCloseable {

  private final Bucket bucket;
  private final Place place;

  Reservation(Bucket bucket, Place place) {
    this.bucket = bucket;
    this.place = place;
  }

  /** How many tokens. */
  public int tokens() {
    return place.tokens;
  }

  /** How long until they may be used, as things are now; zero: they may be. Linear in the line. */
  public Duration delay() {
    return Duration.ofNanos(bucket.waitOf(place));
  }

  /**
   * Waits until the tokens may be used, and uses them: they can no longer be given back. Where the
   * wait ends otherwise, they are given back. Once, by one thread.
   *
   * @throws dev.resilience.context.ContextException if the context ends first
   * @throws InterruptedException if the thread is or was interrupted
   * @throws IllegalStateException if they were used or given back before
   */
  public void await(Context ctx) throws InterruptedException {
    bucket.await(ctx, place);
    if (!bucket.use(place)) {
      throw new IllegalStateException("the reservation was used or given back before");
    }
  }

  /**
   * Gives the tokens back, unless they were used.
   *
   * @return false: they were used, or given back before
   */
  public boolean cancel() {
    boolean gaveBack = bucket.giveUp(place);
    if (gaveBack) {
      place.complete(null);
    }
    return gaveBack;
  }

  /** As {@link #cancel}. */
  @Override
  public void close() {
    cancel();
  }
}
