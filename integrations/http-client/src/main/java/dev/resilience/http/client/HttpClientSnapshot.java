package dev.resilience.http.client;

import java.util.Map;

/** What a {@link ResilientHttpClient} has counted since it was built. Immutable. */
public final class HttpClientSnapshot {

  private final long attempts;
  private final long responses;
  private final long refused;
  private final long aborted;
  private final long cancelMessages;
  private final Map<ConnectionFailure, Long> failures;

  HttpClientSnapshot(HttpClientCounters counters) {
    this.attempts = counters.attempts.sum();
    this.responses = counters.responses.sum();
    this.refused = counters.refused.sum();
    this.aborted = counters.aborted.sum();
    this.cancelMessages = counters.cancelMessages.sum();
    this.failures = counters.failures();
  }

  /** Requests that were sent, retries and hedges too. */
  public long attempts() {
    return attempts;
  }

  /** Responses that began. */
  public long responses() {
    return responses;
  }

  /** Those that said that the server did no work. */
  public long refused() {
    return refused;
  }

  /** Exchanges that were broken off, before the response or in its body. */
  public long aborted() {
    return aborted;
  }

  /** Cancel messages that were sent. */
  public long cancelMessages() {
    return cancelMessages;
  }

  /** Attempts that failed in this way. */
  public long failures(ConnectionFailure kind) {
    return failures.getOrDefault(kind, 0L);
  }

  @Override
  public String toString() {
    return "attempts "
        + attempts
        + ", responses "
        + responses
        + " (refused "
        + refused
        + "), aborted "
        + aborted
        + ", failures "
        + failures;
  }
}
