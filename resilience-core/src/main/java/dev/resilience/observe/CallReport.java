package dev.resilience.observe;

import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.policy.Verdict;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What happened during one call that did not just succeed: the attempts and how each was judged,
 * the delays between them, what was decided, and why no further attempt was made. A retry tells its
 * own; that of a whole call, with what all policies of the stack have to say, is told to those who
 * listen by {@code Resilience.withReports}. Read it from the exception, or from a listener.
 *
 * <pre>{@code
 * try {
 *   payments.call(ctx, c -> api.quote(c, order));
 * } catch (IOException e) {
 *   CallReport.from(e).ifPresent(report -> log.log(WARNING, report.toTree()));
 *   throw e;
 * }
 * }</pre>
 *
 * <p>On an exception the report is one suppressed throwable without a stack trace, so that it is
 * seen wherever the exception is printed. An exception object that several calls throw (a shared
 * constant) carries one report, that of the call that failed last. An exception that takes no
 * suppressed ones carries none.
 *
 * <p>Immutable. Nothing of this is made for a call that succeeds at the first attempt.
 */
public final class CallReport {

  private final String policy;
  private final List<Step> steps;
  private final int attemptCount;
  private final Object stopped;

  CallReport(String policy, List<Step> steps, int attemptCount, Object stopped) {
    this.policy = SafeText.of(policy, SafeText.MOST_OF_MESSAGE);
    this.steps = steps;
    this.attemptCount = attemptCount;
    this.stopped = stopped;
  }

  /**
   * The report that an exception carries, if any.
   *
   * @param failure as it was thrown
   */
  public static Optional<CallReport> from(Throwable failure) {
    ReportCarrier carrier = ReportCarrier.find(Objects.requireNonNull(failure, "failure"));
    return carrier == null ? Optional.empty() : Optional.ofNullable(carrier.report());
  }

  /**
   * Starts to write a report down; for policies.
   *
   * @param policy the name of the policy that tells
   */
  public static Recorder recorder(String policy) {
    return new Recorder(policy, null);
  }

  /**
   * Starts to write a report down that is also part of the report of a whole call, if somebody
   * listens to that; for policies.
   *
   * @param policy the name of the policy that tells
   * @param ctx the one that the policy was called with
   */
  public static Recorder recorder(String policy, Context ctx) {
    return new Recorder(policy, CallReportCollector.of(ctx));
  }

  /**
   * Adds to the report of the call that is under way, if somebody listens to it with {@code
   * Resilience.withReports}; for policies that did something unusual.
   *
   * @param ctx the one that the policy was called with
   * @param policy the name of the policy
   * @param step what happened
   */
  public static void tell(Context ctx, String policy, Step step) {
    CallReportCollector collector = CallReportCollector.of(ctx);
    if (collector != null) {
      collector.tell(new Told(Objects.requireNonNull(policy, "policy"), step));
    }
  }

  /**
   * As {@link #tell}, for what is worth to be known only if something unusual happens besides, such
   * as how long a part of the call took.
   *
   * @param ctx the one that the policy was called with
   * @param policy the name of the policy
   * @param text in a few words, put into words only where somebody listens
   */
  public static void remark(Context ctx, String policy, Supplier<String> text) {
    CallReportCollector collector = CallReportCollector.of(ctx);
    if (collector != null) {
      collector.remark(new Told(policy, new Decision(text.get())));
    }
  }

  /** The name of the policy that tells, or the whole stack in one line. */
  public String policy() {
    return policy;
  }

  /**
   * All that happened, in order. Of a very long call the first step and the last ones, with a
   * decision between them that says how much was left out.
   */
  public List<Step> steps() {
    return steps;
  }

  /** How many attempts there were; a rejection is none, since the dependency was not called. */
  public int attemptCount() {
    return attemptCount;
  }

  /** The attempts among the {@link #steps}. */
  public List<Attempt> attempts() {
    List<Attempt> attempts = new ArrayList<>(steps.size());
    for (Step step : steps) {
      if (step.itself() instanceof Attempt attempt) {
        attempts.add(attempt);
      }
    }
    return List.copyOf(attempts);
  }

  /**
   * The delays among the {@link #steps}, together; one that was cut off by the caller's end counts
   * whole.
   */
  public Duration waited() {
    Duration waited = Duration.ZERO;
    for (Step step : steps) {
      if (step.itself() instanceof Delay delay) {
        waited = waited.plus(delay.time());
      }
    }
    return waited;
  }

  /** Why no further attempt was made, in a few words. */
  public String stopped() {
    return stopped.toString();
  }

  /**
   * Attaches this report to the failure that the caller gets, and suppresses the failures of
   * earlier attempts in it; for policies. Does as much as the failure allows: nothing is suppressed
   * in itself or twice, and where the failure carries a report already (of an inner policy, or of
   * another call that threw the same object) only the report is replaced.
   *
   * @param failure what the caller gets
   */
  public void attachTo(Throwable failure) {
    ReportCarrier carrier = ReportCarrier.find(Objects.requireNonNull(failure, "failure"));
    if (carrier != null) {
      carrier.tell(this);
      return;
    }
    failure.addSuppressed(new ReportCarrier(this));
    for (Step step : steps) {
      Throwable earlier = failureOf(step.itself());
      if (earlier != null) {
        Failures.suppress(failure, earlier);
      }
    }
  }

  private static @Nullable Throwable failureOf(Step step) {
    if (step instanceof Attempt attempt) {
      return attempt.failure();
    }
    return step instanceof Rejection rejection ? rejection.failure() : null;
  }

  /** One line. */
  @Override
  public String toString() {
    Duration waited = waited();
    return policy
        + ": "
        + attemptCount
        + (attemptCount == 1 ? " attempt" : " attempts")
        + (waited.isZero() ? "" : ", waited " + DurationText.of(waited))
        + ", stopped: "
        + stopped;
  }

  /** A line for the whole and one for each step; lines end with {@code \n} but for the last. */
  public String toTree() {
    StringBuilder tree = new StringBuilder(policy).append(", stopped: ").append(stopped);
    for (int i = 0; i < steps.size(); i++) {
      tree.append(i < steps.size() - 1 ? "\n├─ " : "\n└─ ").append(steps.get(i));
    }
    return tree.toString();
  }

  /** Something that happened during a call. */
  public sealed interface Step permits Attempt, Rejection, Delay, Decision, Told {

    /** This step, without the name of who told it. */
    default Step itself() {
      return this;
    }
  }

  /**
   * A step in the report of a whole call.
   *
   * @param policy the name of the policy that told it
   * @param step what happened
   */
  public record Told(String policy, Step step) implements Step {

    @Override
    public Step itself() {
      return step.itself();
    }

    @Override
    public String toString() {
      return SafeText.of(policy) + ": " + step;
    }
  }

  /**
   * The work was done, or tried.
   *
   * @param number from 1
   * @param failure what it failed with; null where it returned a result
   * @param result what it returned; null also where it failed. Never printed here: it may be large,
   *     or not for everybody's eyes
   * @param verdict what became of it
   */
  public record Attempt(
      int number, @Nullable Throwable failure, @Nullable Object result, Verdict verdict)
      implements Step {

    @Override
    public String toString() {
      String outcome =
          failure != null
              ? SafeText.of(failure)
              : "a result" + (result == null ? "" : " of " + result.getClass().getName());
      return "attempt " + number + ": " + verdict + ", " + outcome;
    }
  }

  /**
   * The dependency was not called: a circuit was open, a limit reached, the time too short.
   *
   * @param failure what it was rejected with
   * @param verdict what became of it
   */
  public record Rejection(Throwable failure, Verdict verdict) implements Step {

    @Override
    public String toString() {
      return verdict + ", " + SafeText.of(failure);
    }
  }

  /**
   * A wait before the next attempt.
   *
   * @param time how long it was meant to take
   */
  public record Delay(Duration time) implements Step {

    @Override
    public String toString() {
      return "waited " + DurationText.of(time);
    }
  }

  /**
   * Something was decided that is not seen from the attempts and delays.
   *
   * @param text in a few words
   */
  public record Decision(String text) implements Step {

    @Override
    public String toString() {
      return SafeText.of(text, SafeText.MOST_OF_MESSAGE);
    }
  }

  /**
   * Writes a report down while a call is under way. Not thread-safe: one call, one step at a time.
   */
  public static final class Recorder {

    private final String policy;
    private final @Nullable CallReportCollector collector;
    private final BoundedSteps steps = new BoundedSteps();
    private int attempts;

    private Recorder(String policy, @Nullable CallReportCollector collector) {
      this.policy = Objects.requireNonNull(policy, "policy");
      this.collector = collector;
    }

    /** An attempt failed, or was rejected, which is no attempt. */
    public Recorder failed(Throwable failure, Verdict verdict) {
      Objects.requireNonNull(failure, "failure");
      return add(
          verdict.isDispatched()
              ? new Attempt(++attempts, failure, null, verdict)
              : new Rejection(failure, verdict));
    }

    /** An attempt returned, with a good result or one that counts as a failure. */
    public Recorder returned(@Nullable Object result, Verdict verdict) {
      return add(new Attempt(++attempts, null, result, verdict));
    }

    /** A wait is about to begin. */
    public Recorder delay(Duration time) {
      return add(new Delay(time));
    }

    /** Something was decided. */
    public Recorder decided(String text) {
      return add(new Decision(text));
    }

    private Recorder add(Step step) {
      steps.add(step);
      if (collector != null) {
        collector.tell(new Told(policy, step));
      }
      return this;
    }

    /** How many attempts were written down. */
    public int attempts() {
      return attempts;
    }

    /** The report, ended for a reason in a few words. */
    public CallReport stopped(String why) {
      return end(SafeText.of(why, SafeText.MOST_OF_MESSAGE));
    }

    /** The report, ended because the next attempt does not fit into the time left. */
    public CallReport noTimeLeft(Duration nextAttemptIn, Duration timeLeft) {
      return end(new NoTimeLeft(nextAttemptIn, timeLeft));
    }

    /**
     * The report, ended because the next attempt does not fit into the time left.
     *
     * @param usual how long such an attempt usually takes
     */
    public CallReport noTimeLeft(Duration nextAttemptIn, Duration usual, Duration timeLeft) {
      return end(new NoTimeForIt(nextAttemptIn, usual, timeLeft));
    }

    private CallReport end(Object why) {
      if (collector != null) {
        collector.stopped(policy, why.toString());
      }
      return new CallReport(policy, steps.toList(), attempts, why);
    }
  }

  /** Put into words only when somebody reads it. */
  private record NoTimeLeft(Duration nextAttemptIn, Duration timeLeft) {

    @Override
    public String toString() {
      return "no time left: next attempt in "
          + DurationText.of(nextAttemptIn)
          + ", "
          + DurationText.of(timeLeft)
          + " left";
    }
  }

  /** The same, of an attempt that would begin in time and not end in time. */
  private record NoTimeForIt(Duration nextAttemptIn, Duration usual, Duration timeLeft) {

    @Override
    public String toString() {
      return "no time left: next attempt in "
          + DurationText.of(nextAttemptIn)
          + ", which usually takes "
          + DurationText.of(usual)
          + ", "
          + DurationText.of(timeLeft)
          + " left";
    }
  }
}
