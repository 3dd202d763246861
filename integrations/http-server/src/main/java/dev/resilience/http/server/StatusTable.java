package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.CancelReason;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.error.RejectedException;
import dev.resilience.http.server.ExchangeEnd.Reason;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Which status an end or a failure becomes (RFC 9110, RFC 6585).
 *
 * <table>
 *   <caption>Causes and statuses</caption>
 *   <tr><th>cause</th><th>status</th></tr>
 *   <tr><td>the client has gone</td><td>none; 499 in logs</td></tr>
 *   <tr><td>the deadline of the request, or of something that it called</td><td>504</td></tr>
 *   <tr><td>a circuit open, a limit full, below the handler</td>
 *       <td>503 with {@code Retry-After}</td></tr>
 *   <tr><td>shutdown, in the middle of the work</td><td>503</td></tr>
 *   <tr><td>refused before work: overload, shutdown, too late</td>
 *       <td>503 with {@code Retry-After}, marked</td></tr>
 *   <tr><td>a rate limit</td><td>429 with {@code Retry-After}</td></tr>
 *   <tr><td>{@link BadRequestException}</td><td>400, with its message</td></tr>
 *   <tr><td>too large or too slow to read</td><td>408, 413, 414, 431</td></tr>
 *   <tr><td>anything else</td><td>500, without internals</td></tr>
 * </table>
 *
 * <p>The end of the request's context decides first: what a handler throws afterwards follows from
 * it. Immutable.
 */
public final class StatusTable {

  /** Nothing is sent. */
  static final Answer CLIENT_GONE =
      new Answer(ExchangeEnd.CLIENT_GONE, "", null, null, Reason.CLIENT_DISCONNECTED);

  private static final StatusTable DEFAULTS = new StatusTable(List.of());

  /** How deep a failure is looked for inside of others, as containers wrap what handlers throw. */
  private static final int DEPTH = 8;

  private static final long LONGEST_RETRY_AFTER = 3_600;

  private final List<Rule> rules;

  private StatusTable(List<Rule> rules) {
    this.rules = rules;
  }

  /** The table above. */
  public static StatusTable ofDefaults() {
    return DEFAULTS;
  }

  /**
   * The same table with another status for a failure of the handler; the latest rule goes first.
   *
   * @param failure the class
   * @param status 400 to 599
   * @param text for the client
   */
  public StatusTable with(Class<? extends Throwable> failure, int status, String text) {
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected: 400 to 599)");
    }
    List<Rule> more = new ArrayList<>();
    more.add(new Rule(requireNonNull(failure, "failure"), status, requireNonNull(text, "text")));
    more.addAll(rules);
    return new StatusTable(List.copyOf(more));
  }

  /** What the end of the context of a request becomes. */
  Answer ofEnd(ContextException end, @Nullable Throwable cause) {
    if (end instanceof DeadlineExceededException) {
      return new Answer(504, "Request timed out", null, null, Reason.DEADLINE);
    }
    if (cause == CancelReason.USER) {
      return CLIENT_GONE;
    }
    if (cause instanceof TransferException transfer) {
      return ofTransfer(transfer);
    }
    // Without Retry-After: something may have been done, and clients take that for a refusal.
    return new Answer(503, "Service unavailable", null, null, Reason.SHUTDOWN);
  }

  /** What a failure under a living context becomes. */
  Answer ofFailure(Throwable failure) {
    Throwable each = failure;
    for (int i = 0; i < DEPTH && each != null; i++) {
      Answer known = known(each);
      if (known != null) {
        return known;
      }
      each = each.getCause();
    }
    return new Answer(500, "Internal server error", null, null, Reason.FAILED);
  }

  private @Nullable Answer known(Throwable failure) {
    for (Rule rule : rules) {
      if (rule.failure().isInstance(failure)) {
        return new Answer(rule.status(), rule.text(), null, null, Reason.FAILED);
      }
    }
    if (failure instanceof BadRequestException) {
      return new Answer(400, String.valueOf(failure.getMessage()), null, null, Reason.REFUSED);
    }
    if (failure instanceof TransferException transfer) {
      return ofTransfer(transfer);
    }
    if (failure instanceof RequestRefusedException refused) {
      return new Answer(
          503, "Service unavailable", retryAfter(refused), refused.word(), Reason.REFUSED);
    }
    if (failure instanceof RateLimitExceededException limited) {
      return new Answer(429, "Too many requests", retryAfter(limited), null, Reason.REFUSED);
    }
    if (failure instanceof NoTimeLeftException
        || failure instanceof DeadlineExceededException
        || failure instanceof AttemptTimeoutException
        || failure instanceof TimeoutException) {
      return new Answer(504, "Request timed out", null, null, Reason.FAILED);
    }
    if (failure instanceof RejectedException rejected) {
      return new Answer(503, "Service unavailable", retryAfter(rejected), null, Reason.FAILED);
    }
    return null;
  }

  private static Answer ofTransfer(TransferException failure) {
    return new Answer(
        failure.status(), String.valueOf(failure.getMessage()), null, null, Reason.REFUSED);
  }

  private static Duration retryAfter(RejectedException rejected) {
    return rejected.retryAfter().orElse(Duration.ofSeconds(1));
  }

  private record Rule(Class<? extends Throwable> failure, int status, String text) {}

  /** What is sent. */
  record Answer(
      int status,
      String text,
      @Nullable Duration retryAfter,
      @Nullable String refused,
      Reason reason) {

    /** Whether the connection is not to be used again: of the request something may be to come. */
    boolean isLastOnConnection() {
      return status == 408 || status == 413 || reason == Reason.SHUTDOWN;
    }

    /** In whole seconds, rounded up, at least 1 and at most an hour. */
    Optional<String> retryAfterSeconds() {
      if (retryAfter == null) {
        return Optional.empty();
      }
      long seconds = (Durations.toNanos(retryAfter) + 999_999_999L) / 1_000_000_000L;
      return Optional.of(Long.toString(Math.max(1, Math.min(LONGEST_RETRY_AFTER, seconds))));
    }
  }
}
