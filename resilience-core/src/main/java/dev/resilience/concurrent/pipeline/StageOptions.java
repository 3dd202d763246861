package dev.resilience.concurrent.pipeline;

import dev.resilience.text.Arguments;

/** How a stage runs. Immutable; {@code with…} returns a new one. */
public final class StageOptions {

  private static final StageOptions DEFAULTS = new StageOptions(1, 16, true);

  final int parallelism;
  final int queue;
  final boolean ordered;

  private StageOptions(int parallelism, int queue, boolean ordered) {
    this.parallelism = parallelism;
    this.queue = queue;
    this.ordered = ordered;
  }

  /** One item at a time, a queue of 16 before it, in order. */
  public static StageOptions ofDefaults() {
    return DEFAULTS;
  }

  /**
   * So many items at a time, at least 1; all else by default.
   *
   * @param parallelism how many threads work on items of this stage
   */
  public static StageOptions parallel(int parallelism) {
    Arguments.requireAtLeastOne(parallelism, "parallelism");
    return new StageOptions(parallelism, DEFAULTS.queue, DEFAULTS.ordered);
  }

  /**
   * The same with another bound for the items that wait before the stage. When it is reached, the
   * stage before waits.
   *
   * @param newQueue at least 1
   */
  public StageOptions withQueue(int newQueue) {
    Arguments.requireAtLeastOne(newQueue, "queue");
    return new StageOptions(parallelism, newQueue, ordered);
  }

  /** The same, handing items on as they are ready instead of in the order in which they came. */
  public StageOptions unordered() {
    return new StageOptions(parallelism, queue, false);
  }

  @Override
  public String toString() {
    return parallelism + " at a time, queue of " + queue + (ordered ? "" : ", unordered");
  }
}
