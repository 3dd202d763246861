package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.queue.Ticket;
import java.time.Duration;

/**
 * Tokens of a {@link RateLimit} that belong to the holder already, though they may not have come
 * yet. Their moment comes by itself; it moves forward when somebody ahead gives up, backward when
 * somebody more critical comes, and changes with the rate.
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
 * <p>Thread-safe. A reservation that is held costs about 200 bytes, however many calls pass
 * meanwhile.
 */
public final class Reservation implements AutoCloseable {

  private final TokenQueue queue;
  private final Ticket ticket;

  Reservation(TokenQueue queue, Ticket ticket) {
    this.queue = queue;
    this.ticket = ticket;
  }

  /** How many tokens. */
  public int tokens() {
    return ticket.units();
  }

  /** How long until they may be used, as things are now; zero: they may be. Linear in the queue. */
  public Duration delay() {
    return Duration.ofNanos(queue.waitOf(ticket));
  }

  /**
   * Waits until the tokens may be used, and uses them: they can no longer be given back. Where the
   * wait ends otherwise, they are given back. Once, by one thread.
   *
   * @throws dev.resilience.error.RateLimitExceededException if they can no longer come before the
   *     deadline of the context that they were reserved with
   * @throws dev.resilience.context.ContextException if the context ends first
   * @throws InterruptedException if the thread is or was interrupted
   * @throws IllegalStateException if they were used or given back before
   */
  public void await(Context ctx) throws InterruptedException {
    queue.await(ctx, ticket);
    if (!queue.use(ticket)) {
      throw new IllegalStateException("the reservation was used or given back before");
    }
  }

  /**
   * Gives the tokens back, unless they were used.
   *
   * @return false: they were used, or given back before
   */
  public boolean cancel() {
    boolean gaveBack = queue.giveUp(ticket);
    if (gaveBack) {
      ticket.complete(null);
    }
    return gaveBack;
  }

  /** As {@link #cancel}. */
  @Override
  public void close() {
    cancel();
  }
}
