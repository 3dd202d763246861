package dev.resilience.simulation;

import java.util.function.IntConsumer;

/**
 * A request as a service sees it, and what the service notes about it: moments are nanoseconds
 * since the start of the run; -1: never. For use on one event loop.
 */
public final class Job {

  /** The deadline of a request that tells none. */
  public static final long UNTOLD = Long.MAX_VALUE;

  private final int call;
  private final long deadline;
  private final IntConsumer answer;

  long received = -1;
  long began = -1;
  long finished = -1;

  /**
   * A request.
   *
   * @param call the number of the caller on whose behalf it is made
   * @param deadline when the sender will wait no longer, as the service is told; {@link #UNTOLD}
   * @param answer takes the status, once
   */
  public Job(int call, long deadline, IntConsumer answer) {
    this.call = call;
    this.deadline = deadline;
    this.answer = answer;
  }

  /** The number of the caller on whose behalf it is made. */
  public int call() {
    return call;
  }

  /** When the sender will wait no longer, as the service is told; {@link #UNTOLD}. */
  public long deadline() {
    return deadline;
  }

  /** When the service got it. */
  public long received() {
    return received;
  }

  /** When work on it began. */
  public long began() {
    return began;
  }

  /** When the work was done. */
  public long finished() {
    return finished;
  }

  void answer(int status) {
    answer.accept(status);
  }
}
