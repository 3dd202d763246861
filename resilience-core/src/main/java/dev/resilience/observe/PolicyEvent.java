package dev.resilience.observe;

import dev.resilience.error.RejectedException;
import dev.resilience.policy.BadResultException;
import dev.resilience.policy.Verdict;
import dev.resilience.text.SafeText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a policy did that is not the usual, and how a call of a stack ended. Nothing is told, or
 * made, for a call that just succeeds, unless a listener of the whole stack asks for it.
 */
public sealed interface PolicyEvent {

  /** The name of the policy. */
  String policy();

  /**
   * A call of a stack is over, whatever came of it; only for a listener of the whole stack ({@code
   * Resilience.withListener}).
   *
   * @param policy the name of the stack
   * @param verdict what became of the call: how often each occurs is the traffic and its health
   * @param time how long the caller waited
   * @param failure what came out; null for a result
   */
  record CallCompleted(String policy, Verdict verdict, Duration time, @Nullable Throwable failure)
      implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * Another attempt will be made.
   *
   * @param policy the name of the policy
   * @param attempt the number of the one that failed, from 1
   * @param failure what it failed with; null for a result that counts as a failure
   * @param delay until the next one
   */
  record RetryScheduled(String policy, int attempt, @Nullable Throwable failure, Duration delay)
      implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A further attempt succeeded.
   *
   * @param policy the name of the policy
   * @param report all that happened
   */
  record RetrySucceeded(String policy, CallReport report) implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * No further attempt will be made, and the call failed.
   *
   * @param policy the name of the policy
   * @param report all that happened
   */
  record RetriesStopped(String policy, CallReport report) implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A circuit breaker changed its state.
   *
   * @param policy the name of the breaker
   * @param from the state before
   * @param to the state now
   * @param reason in a few words
   */
  record CircuitChanged(String policy, Circuit from, Circuit to, String reason)
      implements PolicyEvent {}

  /**
   * An attempt passed its own limit while the caller still waited.
   *
   * @param policy the name of the policy
   * @param limit the limit
   */
  record TimedOut(String policy, Duration limit) implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * Work whose time was up came to its end after all; nobody got its result.
   *
   * @param policy the name of the policy
   * @param ran how long the work took altogether
   * @param result what it returned, if it did
   * @param failure what it threw, if it did
   */
  record LateResult(
      String policy, Duration ran, @Nullable Object result, @Nullable Throwable failure)
      implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A caller was let go while the work for it still runs.
   *
   * @param policy the name of the policy
   * @param stillRunning how many such there are now
   */
  record WorkAbandoned(String policy, int stillRunning) implements PolicyEvent {}

  /**
   * A limit did not let a call through.
   *
   * @param policy the name of the limit
   * @param rejection what the caller gets
   */
  record Rejected(String policy, RejectedException rejection) implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A limit let a call through after a wait in line.
   *
   * @param policy the name of the limit
   * @param time how long it waited
   */
  record Waited(String policy, Duration time) implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * An adaptive concurrency limit has changed.
   *
   * @param policy the name of the limit
   * @param from how many calls at once before
   * @param to how many from now on
   */
  record ConcurrencyLimitChanged(String policy, int from, int to) implements PolicyEvent {}

  /**
   * Another attempt was started beside a slow one.
   *
   * @param policy the name of the hedge
   * @param number of the hedge in this call, from 1
   * @param after how long the attempt before it was waited for
   */
  record HedgeStarted(String policy, int number, Duration after) implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * Of several attempts side by side one had a good result; the others were cancelled.
   *
   * @param policy the name of the hedge or the race
   * @param winner its number, from 0: of a hedge's call 0 is the attempt that was not hedged
   * @param started how many attempts there were
   */
  record RaceWon(String policy, int winner, int started) implements PolicyEvent {}

  /**
   * Of several attempts side by side none had a good result.
   *
   * @param policy the name of the hedge or the race
   * @param started how many attempts there were
   */
  record RaceLost(String policy, int started) implements PolicyEvent {}

  /**
   * A fallback answered.
   *
   * @param policy the name of the fallback
   * @param answer which of its answers
   * @param verdict what became of the call
   * @param failure what it failed with; a {@link BadResultException} for a result
   */
  record FallbackAnswered(String policy, String answer, Verdict verdict, Throwable failure)
      implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A fallback was asked, and had no answer.
   *
   * @param policy the name of the fallback
   * @param verdict what became of the call
   * @param failure what it failed with; a {@link BadResultException} for a result
   * @param last what the last answer failed with
   */
  record FallbackFailed(String policy, Verdict verdict, Throwable failure, Throwable last)
      implements PolicyEvent {

    @Override
    public String toString() {
      return SafeText.ofRecord(this);
    }
  }

  /**
   * A fault was injected into a call.
   *
   * @param policy the name of the policy
   * @param fault what kind of fault, in a few words
   */
  record FaultInjected(String policy, String fault) implements PolicyEvent {}

  /** The states of a circuit breaker. */
  enum Circuit {
    /** Calls pass. */
    CLOSED,
    /** Calls are rejected. */
    OPEN,
    /** A few calls pass, to see whether the dependency is well again. */
    HALF_OPEN
  }
}
