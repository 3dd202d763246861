package dev.resilience.policy;

/**
 * What became of a call: the rows of the truth table, and for each what the policies make of it.
 * The columns are methods.
 */
public enum Verdict {
  /** A result, also one that arrives after the caller's end. */
  SUCCESS(Evidence.SUCCESS, false, Sample.EXACT, false),
  /** The caller cancelled, before or during the call. */
  CALLER_CANCELLED(Evidence.NONE, false, Sample.NONE, false),
  /** The caller's deadline had passed before the dependency was called. */
  DEADLINE_EXCEEDED_BEFORE_DISPATCH(Evidence.NONE, false, Sample.NONE, true),
  /** The caller's deadline passed during the call, after the call had a fair chance. */
  DEADLINE_EXCEEDED(Evidence.FAILURE, false, Sample.AT_LEAST, true),
  /** The caller's deadline passed during the call, before the call had a fair chance. */
  DEADLINE_EXCEEDED_EARLY(Evidence.NONE, false, Sample.AT_LEAST, true),
  /** A limit of a policy's own passed while the caller still waits. */
  TIMED_OUT(Evidence.FAILURE, true, Sample.AT_LEAST, true),
  /**
   * The work was not begun: not let through (circuit open, rate limited, full, no instance), or
   * refused by the server before it did anything, where a {@link Classifier} says so.
   */
  REJECTED(Evidence.NONE, true, Sample.NONE, true),
  /** Not let through because the time left was too short. */
  NO_TIME_LEFT(Evidence.NONE, false, Sample.NONE, true),
  /** The thread was interrupted by somebody else. */
  INTERRUPTED(Evidence.NONE, false, Sample.NONE, false),
  /** An {@link Error}. */
  FATAL(Evidence.FAILURE, false, Sample.NONE, false),
  /** Any other exception that nobody said anything else about. */
  FAILURE(Evidence.FAILURE, true, Sample.NONE, true),
  /**
   * A failure that will not go away by trying again: a programming error, and what a {@link
   * Classifier} says is one.
   */
  PERMANENT_FAILURE(Evidence.FAILURE, false, Sample.NONE, true),
  /**
   * An answer that says nothing of the dependency's health; only if a {@link Classifier} says so.
   */
  IGNORED(Evidence.NONE, false, Sample.NONE, false);

  /** What a call says of the health of the dependency. */
  public enum Evidence {
    /** It is well. */
    SUCCESS,
    /** It is not. */
    FAILURE,
    /** Nothing: no number changes, and permits are given back. */
    NONE
  }

  /** What the duration of a call says of the dependency's speed. */
  public enum Sample {
    /** It took this long. */
    EXACT,
    /** It would have taken at least this long. */
    AT_LEAST,
    /** Nothing. */
    NONE
  }

  private final Evidence evidence;
  private final boolean retryable;
  private final Sample sample;
  private final boolean fallback;

  Verdict(Evidence evidence, boolean retryable, Sample sample, boolean fallback) {
    this.evidence = evidence;
    this.retryable = retryable;
    this.sample = sample;
    this.fallback = fallback;
  }

  /** For breakers and balancers. */
  public Evidence evidence() {
    return evidence;
  }

  /** Whether the dependency was called at all, as far as is known. */
  public boolean isDispatched() {
    return switch (this) {
      case REJECTED, NO_TIME_LEFT, DEADLINE_EXCEEDED_BEFORE_DISPATCH -> false;
      default -> true;
    };
  }

  /** For retries: whether another attempt makes sense, if it fits into the time left. */
  public boolean isRetryable() {
    return retryable;
  }

  /** For adaptive time-outs. */
  public Sample sample() {
    return sample;
  }

  /** For fallbacks: whether somebody waits who can be served otherwise. */
  public boolean allowsFallback() {
    return fallback;
  }
}
