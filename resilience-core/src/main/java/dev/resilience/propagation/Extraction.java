package dev.resilience.propagation;

import dev.resilience.context.CancellableContext;
import java.time.Duration;
import java.util.Optional;

/**
 * What was read from the headers of a request: its context, and what became of the deadline from
 * outside. Immutable.
 */
public final class Extraction {

  private final CancellableContext context;
  private final long told;
  private final boolean isTooLate;
  private final boolean isDeadlineApplied;

  Extraction(CancellableContext context, long told, boolean isTooLate, boolean isDeadlineApplied) {
    this.context = context;
    this.told = told;
    this.isTooLate = isTooLate;
    this.isDeadlineApplied = isDeadlineApplied;
  }

  /**
   * The context of the request: a child of the server's, with what the headers said. Its owner
   * closes it when the response is complete, and cancels it when the client leaves.
   */
  public CancellableContext context() {
    return context;
  }

  /** The time that the caller says it has left, if it says so, whether it counts or not. */
  public Optional<Duration> timeLeft() {
    return told < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(told));
  }

  /**
   * Whether the request is to be refused before any work: its deadline has passed, or leaves less
   * than the {@linkplain Propagation.Builder#minimumTime minimum}, and the {@link DeadlineGuard}
   * has a rejection left. The context has ended then.
   */
  public boolean isTooLate() {
    return isTooLate;
  }

  /**
   * Whether the caller's deadline shortens this request. Where it does not although there is one,
   * the guard found too many that were late, or is dark.
   */
  public boolean isDeadlineApplied() {
    return isDeadlineApplied;
  }

  @Override
  public String toString() {
    return (isTooLate ? "too late: " : "") + context;
  }
}
