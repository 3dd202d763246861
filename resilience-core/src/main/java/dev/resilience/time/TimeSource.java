package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Where time, waiting and randomness come from. One time source is fixed at the root of a context
 * tree and inherited by everything below it.
 *
 * <p>Readings of {@link #nanoTime} are comparable only with readings of the same source, by the
 * sign of their difference, as those of {@link System#nanoTime}. A moment without end is not
 * representable; callers keep moments within {@value #MAX_AHEAD} nanoseconds (146 years) of now.
 *
 * <p>Implementations are thread-safe. Tests use {@link VirtualTime}; to write another source,
 * inherit the contract test {@code TimeSourceContract} of this project.
 */
public interface TimeSource {

  /** The furthest ahead of now that a moment may lie, in nanoseconds: half the range of a long. */
  long MAX_AHEAD = Long.MAX_VALUE / 2;

  /**
   * The time of this machine: {@link System#nanoTime}, the system's UTC clock, one timer thread for
   * the whole process that is started with the first timer, sleeps until the next one is due and
   * ends when none has stood for a second, and the generator of the calling thread for randomness.
   * Callbacks run on virtual threads where the JVM has them, else on up to 256 daemon threads.
   *
   * <p>Timers are never early and up to about a millisecond late, plus scheduling noise.
   */
  static TimeSource system() {
    return SystemTime.INSTANCE;
  }

  /** The monotonic now, in nanoseconds from an arbitrary origin that may be negative. */
  long nanoTime();

  /** The wall clock. For people and for the wire; nothing is ever measured with it. */
  Instant instant();

  /**
   * Runs a task once when {@link #nanoTime} has reached {@code deadline}; at once, though not
   * before this method returns and not on its caller's thread, if that has passed already.
   *
   * <p>The task runs on the thread that serves all timers: it must be short and must not block.
   * User code goes to {@link #execute} instead, and interrupts to {@link #interruptExecutor}. What
   * the task throws is contained and logged. One that throws an {@link OutOfMemoryError} is run
   * again a little later, so that no limit is lost to a full heap: it must bear that.
   *
   * @param deadline the moment, on the scale of {@link #nanoTime}
   * @param task what to run
   * @throws OutOfMemoryError if the process can have no thread for its timers; none is set then
   */
  Timer startTimer(long deadline, Runnable task);

  /**
   * Where callbacks run that a timer has made due. Never the timer thread. It may refuse a task;
   * {@link #execute} does not.
   */
  Executor executor();

  /**
   * Runs a callback on {@link #executor} or, where that refuses, on a thread of the system's: a
   * full pool delays nobody's end.
   *
   * @throws OutOfMemoryError if no thread can be had at all; the task will not run then
   */
  default void execute(Runnable task) {
    requireNonNull(task, "task");
    try {
      executor().execute(task);
    } catch (Throwable refused) {
      if (this == SystemTime.INSTANCE) {
        throw refused;
      }
      SystemTime.INSTANCE.executor().execute(task);
    }
  }

  /**
   * Where threads are interrupted when a timer has made that due. {@link Thread#interrupt} may run
   * foreign code, an overriding method or the closing of a channel, which may throw or block: so it
   * is kept from the thread that serves all timers, and from slow callbacks. By default daemon
   * threads that all time sources share; where time is virtual, the thread that runs the timer.
   */
  default Executor interruptExecutor() {
    return SystemTime.INSTANCE.interruptExecutor();
  }

  /**
   * Parks the calling thread until it is unparked by {@link #unpark}, interrupted, or {@link
   * #nanoTime} reaches {@code deadline}. As with {@link
   * java.util.concurrent.locks.LockSupport#park}, an unpark that came before counts, the return may
   * be spurious, and the interrupt flag is left as it is; callers loop.
   *
   * @param blocker what the thread waits for, shown by monitoring tools
   * @param deadline the moment, on the scale of {@link #nanoTime}
   */
  void parkUntil(Object blocker, long deadline);

  /** As {@link #parkUntil}, without an end. */
  void park(Object blocker);

  /** Makes a thread return from its present or its next parking. */
  void unpark(Thread thread);

  /** Randomness: for jitter, sampling, choices among equals. Seeded where time is virtual. */
  RandomGenerator random();
}
