package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.WeakHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What both modes of virtual time share: the agenda, the parked threads, and one lock for all. How
 * the moments pass is the subclass's business.
 *
 * <p>ParkedThread has permits of its own, not those of {@link LockSupport}: the lock in here parks
 * its waiters, too, and would eat them.
 */
abstract sealed class VirtualClock implements VirtualTime permits ManualTime, AutomaticTime {

  /** How long a participant may keep everybody waiting in real time. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long START = Long.MAX_VALUE - 1_000_000_000L;
  private static final Instant WALL_START = Instant.parse("2030-01-01T00:00:00Z");

  final ReentrantLock lock = new ReentrantLock();
  final Duration patience;

  /** Timers and sleepers, in the order in which they are due. Guarded by the lock. */
  private final TreeSet<ScheduledItem> agenda = new TreeSet<>();

  /** In the order in which they parked. Guarded by the lock. */
  private final Map<Thread, ParkedThread> parked = new LinkedHashMap<>();

  /** Threads that were unparked before they parked. Guarded by the lock. */
  private final Set<Thread> permits = Collections.newSetFromMap(new WeakHashMap<>());

  private final Random random;
  private long numbers;
  private int timers;
  private volatile long elapsed;
  private volatile Duration wallClockJump = Duration.ZERO;

  VirtualClock(long seed, Duration patience) {
    this.patience = Durations.min(Durations.requirePositive(patience, "patience"), Durations.MAX);
    this.random = new Random(mixed(seed));
  }

  /**
   * Spreads seeds that are close together: the first numbers of {@link Random} for the seeds 1, 2,
   * 3 are nearly the same. (The finalizer of SplitMix64.)
   */
  static long mixed(long seed) {
    long z = seed + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  // What the modes add

  /** Parks the calling thread until the moment, or its wake-up. The lock is not held. */
  abstract void await(Object blocker, long at);

  /** On a participant's thread, before its body; false: it is not to run at all. */
  abstract boolean begin(ParticipantThread participant);

  /** On a participant's thread, after its body. The lock is held. */
  abstract void end(ParticipantThread participant, @Nullable Throwable failure);

  /** A parking is over, and its thread may run. The lock is held. */
  abstract void woken(ParkedThread parking);

  // Time source

  @Override
  public final long nanoTime() {
    return START + elapsed;
  }

  @Override
  public final Instant instant() {
    return WALL_START.plusNanos(elapsed).plus(wallClockJump);
  }

  @Override
  public final RandomGenerator random() {
    return random;
  }

  @Override
  public final Timer startTimer(long deadline, Runnable task) {
    requireNonNull(task, "task");
    lock.lock();
    try {
      VirtualTimer timer = new VirtualTimer(deadline - START, numbers++, this, task);
      agenda.add(timer);
      timers++;
      return timer;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public final void parkUntil(Object blocker, long deadline) {
    await(requireNonNull(blocker, "blocker"), deadline - START);
  }

  @Override
  public final void park(Object blocker) {
    await(requireNonNull(blocker, "blocker"), ScheduledItem.NEVER);
  }

  @Override
  public final void unpark(Thread thread) {
    requireNonNull(thread, "thread");
    lock.lock();
    try {
      if (!wake(thread) && thread.isAlive()) {
        permits.add(thread);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public final Executor interruptExecutor() {
    return Runnable::run;
  }

  // Virtual time

  @Override
  public final Duration elapsed() {
    return Duration.ofNanos(elapsed);
  }

  @Override
  public final int pendingTimers() {
    lock.lock();
    try {
      return timers;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public final int parked() {
    lock.lock();
    try {
      return parked.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public final void jumpWallClock(Duration by) {
    requireNonNull(by, "by");
    lock.lock();
    try {
      wallClockJump = Durations.plus(wallClockJump, by);
    } finally {
      lock.unlock();
    }
  }

  // For the modes; the lock is held in all of these

  final long now() {
    return elapsed;
  }

  /** Moves the clock; it never goes back. */
  final void moveTo(long at) {
    elapsed = Math.max(elapsed, at);
  }

  final @Nullable ScheduledItem next() {
    return agenda.isEmpty() ? null : agenda.first();
  }

  /** Whether the calling thread has no reason to park: it has a permit, or time or an interrupt. */
  final boolean staysAwake(Thread me, long at) {
    return permits.remove(me) || at <= elapsed || me.isInterrupted();
  }

  final ParkedThread enter(Thread me, Object blocker, long at) {
    ParkedThread parking = new ParkedThread(at, numbers++, me, blocker);
    parked.put(me, parking);
    if (at != ScheduledItem.NEVER) {
      agenda.add(parking);
    }
    return parking;
  }

  /** Ends a parking, if it has not ended yet. */
  final void leave(ParkedThread parking) {
    if (!parking.over) {
      parking.over = true;
      parked.remove(parking.thread);
      agenda.remove(parking);
    }
  }

  /** Ends the parking of a thread; false if it is not parked. */
  final boolean wake(Thread thread) {
    ParkedThread parking = parked.get(thread);
    if (parking != null) {
      wake(parking);
    }
    return parking != null;
  }

  final void wake(ParkedThread parking) {
    leave(parking);
    woken(parking);
  }

  final void forget(VirtualTimer timer) {
    agenda.remove(timer);
    timers--;
  }

  final List<ParkedThread> parkedThreads() {
    return List.copyOf(parked.values());
  }
}
