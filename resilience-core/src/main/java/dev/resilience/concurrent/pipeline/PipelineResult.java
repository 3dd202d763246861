package dev.resilience.concurrent.pipeline;

import dev.resilience.concurrent.AbandonedTask;
import dev.resilience.error.Failures;
import dev.resilience.text.SafeText;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run: all results, or those that came through before it ended. Immutable.
 *
 * @param <B> the type of the results
 */
public final class PipelineResult<B> {

  private final String name;
  private final List<B> results;
  private final long delivered;
  private final @Nullable Throwable failure;
  private final List<StageFailedException> failures;
  private final List<StageResult> stages;
  private final List<AbandonedTask> abandoned;

  PipelineResult(
      String name,
      List<B> results,
      long delivered,
      @Nullable Throwable failure,
      List<StageFailedException> failures,
      List<StageResult> stages,
      List<AbandonedTask> abandoned) {
    this.name = name;
    this.results = List.copyOf(results);
    this.delivered = delivered;
    this.failure = failure;
    this.failures = List.copyOf(failures);
    this.stages = List.copyOf(stages);
    this.abandoned = List.copyOf(abandoned);
  }

  /** The results that came through, where no sink was given. */
  public List<B> results() {
    return results;
  }

  /** How many results came through. */
  public long delivered() {
    return delivered;
  }

  /** Whether the whole source came through, but for items that were to be skipped. */
  public boolean isComplete() {
    return failure == null;
  }

  /**
   * Why the run ended early: a {@link StageFailedException}, the end of its context, or a failure
   * of source or sink. Empty if it is complete.
   */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** The items that were skipped because a stage failed on them. */
  public List<StageFailedException> failures() {
    return failures;
  }

  /** What passed through each stage. */
  public List<StageResult> stages() {
    return stages;
  }

  /** Threads of stages that ignore their interrupt. */
  public List<AbandonedTask> abandoned() {
    return abandoned;
  }

  /**
   * The results of a complete run.
   *
   * @throws StageFailedException if a stage failed
   * @throws dev.resilience.context.ContextException if the run's context ended
   */
  public List<B> resultsOrThrow() {
    if (failure != null) {
      throw Failures.<RuntimeException>asThrown(failure);
    }
    return results;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + delivered
        + " came through"
        + (failures.isEmpty() ? "" : ", " + failures.size() + " skipped")
        + (failure == null ? "" : ", then " + SafeText.of(failure));
  }
}
