package dev.resilience.time;

import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Time that passes only when it is told to, for tests: hours of back-off run in milliseconds, the
 * same on every run.
 *
 * <p>There are two modes. {@link Manual} is moved by hand, step by step, from a test. {@link
 * Automatic} runs a whole program with several threads, one at a time, and jumps to the next moment
 * whenever all of them wait; a seed decides who goes first, so that many seeds are many schedules.
 *
 * <pre>{@code
 * var time = VirtualTime.manual();
 * var rung = new AtomicBoolean();
 * time.startTimer(Deadline.after(Duration.ofHours(1), time).nanos(), () -> rung.set(true));
 * time.advance(Duration.ofMinutes(59));   // still silent
 * time.advance(Duration.ofMinutes(1));    // rung
 *
 * var simulation = VirtualTime.automatic(42);
 * simulation.run(() -> {
 *   var other = simulation.start("other", () -> simulation.parkUntil("tea", simulation.nanoTime() + 1_000));
 *   other.join();
 *   return simulation.elapsed();          // PT0.000001S
 * });
 * }</pre>
 *
 * <p>{@link #nanoTime} starts one second before the greatest {@code long} and wraps soon after, so
 * that code which compares moments by {@code <} instead of by the sign of their difference fails in
 * its test. {@link #instant} starts at 2030-01-01T00:00:00Z. {@link #random} is seeded; the seed of
 * the factories without one is 0. Time can move at most {@link #MAX_AHEAD} nanoseconds in all.
 *
 * <p>Thread-safe. Every operation costs at most the logarithm of the number of timers and sleepers.
 */
public sealed interface VirtualTime extends TimeSource
    permits VirtualTime.Manual, VirtualTime.Automatic, VirtualClock {

  /** Time that is advanced by hand, with seed 0. */
  static Manual manual() {
    return manual(0);
  }

  /**
   * Time that is advanced by hand.
   *
   * @param seed of {@link #random}
   */
  static Manual manual(long seed) {
    return new ManualTime(seed, VirtualClock.PATIENCE);
  }

  /**
   * A simulation that runs by itself.
   *
   * @param seed of {@link #random} and of the choice of who goes on
   */
  static Automatic automatic(long seed) {
    return automatic(seed, VirtualClock.PATIENCE);
  }

  /**
   * A simulation that runs by itself, with a patience of its own.
   *
   * @param seed of {@link #random} and of the choice of who goes on
   * @param patience how much real time a participant may use between two scheduling points before
   *     {@link Automatic#run} fails; positive
   */
  static Automatic automatic(long seed, Duration patience) {
    return new AutomaticTime(seed, patience);
  }

  /** The virtual time since this source was made. */
  Duration elapsed();

  /** How many timers have neither run nor been cancelled. */
  int pendingTimers();

  /** How many threads are parked. */
  int parked();

  /**
   * Moves the wall clock against the monotonic one, as an operator or NTP does.
   *
   * @param by how far; negative: backwards
   */
  void jumpWallClock(Duration by);

  /**
   * Starts a participant: a daemon thread that the passing of time waits for.
   *
   * @param name of the thread
   * @param body what it does
   * @throws IllegalStateException if this is an {@link Automatic} and the caller is neither a
   *     participant nor a timer task of its run
   */
  Participant start(String name, Body body);

  /** What a participant does. */
  @FunctionalInterface
  interface Body {

    /** Runs once, on the participant's thread. */
    void run() throws Exception;
  }

  /**
   * Virtual time that a test advances by hand.
   *
   * <p>Timers, sleepers and callbacks are served in the order of their moments, those of one moment
   * in the order in which they were registered, each while {@link #nanoTime} shows exactly its
   * moment. Timers run on the advancing thread, and so does what is handed to {@link #executor}
   * during an advance; handed over at any other time, it runs on the caller's thread at once. A
   * timer whose moment has passed when it is started runs with the next advance, be it by nothing.
   *
   * <p>A participant that is woken runs until it is parked again or has ended before anything else
   * is served. Any other thread may park, too; it is unparked when its moment comes, and nobody
   * waits for it. A failure of a participant is thrown, as it is, by the call of {@link #start},
   * {@link #advance} or {@link #advanceToNext} in which it is noticed, after that call has done its
   * work.
   *
   * <p>A participant must wait through this time source alone. One that blocks elsewhere for more
   * than ten seconds makes the waiting call fail with an {@link IllegalStateException} that shows
   * where it is; a thread that has to block elsewhere is better started as an ordinary one.
   */
  sealed interface Manual extends VirtualTime permits ManualTime {

    /**
     * Moves time on and serves everything that becomes due on the way, including what is started
     * meanwhile.
     *
     * @param time how far; not negative
     * @throws IllegalStateException if called by a participant, by a timer, or while another thread
     *     advances
     */
    void advance(Duration time);

    /**
     * Moves time to the next timer or sleeper and serves all of that moment.
     *
     * @return false if there is none; then nothing has changed
     * @throws IllegalStateException as {@link #advance}
     */
    boolean advanceToNext();

    /**
     * Waits, in real time, until threads are parked.
     *
     * @param threads how many, at least
     * @throws InterruptedException if the calling thread is interrupted
     * @throws IllegalStateException if that does not happen within ten seconds
     */
    void awaitParked(int threads) throws InterruptedException;

    /**
     * Starts a participant, and returns when it is parked for the first time or has ended.
     *
     * @param name of the thread
     * @param body what it does
     */
    @Override
    Participant start(String name, Body body);
  }

  /**
   * A simulation: several threads of which exactly one runs at a time, under a clock that stands
   * still while it does.
   *
   * <p>Scheduling points are {@link #park}, {@link #parkUntil}, {@link #pause}, {@link #start} by a
   * participant, and the end of a participant. At each of them the seed chooses who goes on. When
   * all wait, time jumps to the next timer or sleeper. Timers run on the thread that called {@link
   * #run}, in order, before any participant of that moment goes on. Each task handed to {@link
   * #executor} becomes a participant named {@code callback-1}, {@code callback-2} and so on; those
   * that follow each other share a thread, as in a pool.
   *
   * <p>The same program with the same seed takes the same course on every run, as long as it waits
   * through this source only, takes its randomness from it, and starts its threads by {@link
   * #start} and {@link #executor}. Parking by a thread that is no participant is refused. A
   * participant that parks or pauses while it holds a lock that another one wants blocks the
   * simulation, as would any wait elsewhere; after ten real seconds {@link #run} fails and shows
   * where it stands.
   *
   * <p>What one participant did before a scheduling point is visible to all that run after it.
   */
  sealed interface Automatic extends VirtualTime permits AutomaticTime {

    /**
     * Runs a program until all its participants have ended. Time, and timers that nobody waited
     * for, stand where the run has left them; one run may follow another.
     *
     * @param main the first participant, named {@code main}
     * @return what {@code main} returned
     * @throws Exception the first failure of a participant, as it is
     * @throws IllegalStateException if all wait and nothing is due any more (the message lists who
     *     waits for what), if a participant used up the patience in real time or never lets time
     *     pass, or if a run is under way already. The remaining participants are interrupted, and
     *     their waiting ends with an {@link Error}.
     * @throws InterruptedException if the calling thread is interrupted; the participants are ended
     */
    <T> T run(Callable<T> main) throws Exception;

    /**
     * Lets another runnable participant go on, or this one, as the seed will have it.
     *
     * @throws IllegalStateException if the calling thread is no participant
     */
    void pause();
  }
}
