package dev.resilience.observe;

import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.text.Arguments;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Collects the errors of many operations of one piece of work, such as the lines of an import,
 * counts them by kind, and says when it makes no sense to go on. Cancellations are counted, but
 * speak neither for nor against going on.
 *
 * <pre>{@code
 * ErrorCollector errors = ErrorCollector.builder().maxErrors(100).maxErrorRate(0.2).minimumOperations(50).build();
 * for (Line line : file) {
 *   try {
 *     store(ctx, line);
 *     errors.succeeded();
 *   } catch (IOException | RuntimeException e) {
 *     errors.failed(ctx, e);
 *   }
 *   if (errors.shouldAbort()) {
 *     throw new ImportFailed(errors.toString());
 *   }
 * }
 * }</pre>
 *
 * <p>Thread-safe, by a lock that is held for a few counters. Keeps the last {@value #MOST_KEPT}
 * errors that are no cancellations.
 */
public final class ErrorCollector {

  private static final int MOST_KEPT = 32;

  private final ErrorAnalysis analysis;
  private final long maxErrors;
  private final double maxErrorRate;
  private final int over;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Map<ErrorKind, Long> counts = new EnumMap<>(ErrorKind.class);
  private final Deque<Throwable> last = new ArrayDeque<>();
  private long successes;
  private long errors;
  private @Nullable String abortReason;

  private ErrorCollector(Builder builder) {
    this.analysis = builder.analysis;
    this.maxErrors = builder.maxErrors;
    this.maxErrorRate = builder.maxErrorRate;
    this.over = builder.over;
  }

  /** Counts, and never says to abort. */
  public static ErrorCollector ofDefaults() {
    return builder().build();
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  /** An operation had a result. */
  public void succeeded() {
    lock.lock();
    try {
      successes++;
    } finally {
      lock.unlock();
    }
  }

  /**
   * An operation failed.
   *
   * @param caller the context that the operation was called with
   * @param failure what came out
   * @return of which kind
   */
  public ErrorKind failed(Context caller, Throwable failure) {
    ErrorKind kind = analysis.kindOf(caller, failure);
    lock.lock();
    try {
      counts.merge(kind, 1L, Long::sum);
      if (!kind.isCancellation()) {
        errors++;
        if (last.size() == MOST_KEPT) {
          last.removeFirst();
        }
        last.addLast(Failures.unwrap(failure));
        decide(failure);
      }
    } finally {
      lock.unlock();
    }
    return kind;
  }

  /** What was decided once stays so: later successes do not bring an aborted run back. */
  private void decide(Throwable failure) {
    if (abortReason != null) {
      return;
    }
    long finished = successes + errors;
    if (failure instanceof Error) {
      abortReason = "an error of the machine: " + failure.getClass().getName();
    } else if (errors >= maxErrors) {
      abortReason = errors + " errors (at most: " + (maxErrors - 1) + ")";
    } else if (finished >= over && errors > maxErrorRate * finished) {
      abortReason = errors + " errors in " + finished + " (at most: " + maxErrorRate + " of them)";
    }
  }

  /** Whether it makes no sense to go on. Once it says so, it stays so. */
  public boolean shouldAbort() {
    return abortReason().isPresent();
  }

  /** Why it makes no sense to go on, in a few words, if that is so. */
  public Optional<String> abortReason() {
    lock.lock();
    try {
      return Optional.ofNullable(abortReason);
    } finally {
      lock.unlock();
    }
  }

  /** How many operations had a result. */
  public long successes() {
    lock.lock();
    try {
      return successes;
    } finally {
      lock.unlock();
    }
  }

  /** How many operations failed, cancellations left out. */
  public long errors() {
    lock.lock();
    try {
      return errors;
    } finally {
      lock.unlock();
    }
  }

  /** How many errors of a kind. */
  public long count(ErrorKind kind) {
    lock.lock();
    try {
      return counts.getOrDefault(Objects.requireNonNull(kind, "kind"), 0L);
    } finally {
      lock.unlock();
    }
  }

  /** The last errors that are no cancellations, oldest first. */
  public List<Throwable> lastErrors() {
    lock.lock();
    try {
      return List.copyOf(last);
    } finally {
      lock.unlock();
    }
  }

  /** The counts in one line. */
  @Override
  public String toString() {
    lock.lock();
    try {
      return successes
          + " succeeded, "
          + errors
          + " failed "
          + counts
          + (abortReason == null ? "" : ", abort: " + abortReason);
    } finally {
      lock.unlock();
    }
  }

  /** Says when an {@link ErrorCollector} gives up. Not thread-safe. */
  public static final class Builder {

    private ErrorAnalysis analysis = ErrorAnalysis.ofDefaults();
    private long maxErrors = Long.MAX_VALUE;
    private double maxErrorRate = 1;
    private int over = 20;

    private Builder() {}

    /** Tells the kinds apart. Default: {@link ErrorAnalysis#ofDefaults}. */
    public Builder analysis(ErrorAnalysis newAnalysis) {
      analysis = Objects.requireNonNull(newAnalysis, "analysis");
      return this;
    }

    /**
     * How many errors are borne; one more says to abort.
     *
     * @param newMaxErrors at least 0. Default: any number
     */
    public Builder maxErrors(int newMaxErrors) {
      Arguments.requireNotNegative(newMaxErrors, "maxErrors");
      maxErrors = newMaxErrors + 1L;
      return this;
    }

    /**
     * Which share of the operations that were not cancelled may fail.
     *
     * @param share 0 to 1. Default: 1, all of them
     */
    public Builder maxErrorRate(double share) {
      maxErrorRate = Arguments.requireShare(share, "maxErrorRate");
      return this;
    }

    /**
     * How many operations must have finished before the rate is looked at.
     *
     * @param operations at least 1. Default: 20
     */
    public Builder minimumOperations(int operations) {
      over = Arguments.requireAtLeastOne(operations, "minimumOperations");
      return this;
    }

    /** The collector. */
    public ErrorCollector build() {
      return new ErrorCollector(this);
    }
  }
}
