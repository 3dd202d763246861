package dev.resilience.concurrent;

import dev.resilience.context.Criticality;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The line in front of a pool's workers. Not thread-safe; no code of users is called.
 *
 * <p>Who waits rises: a task's rank is the moment of its submission plus an ageing time for each
 * level below the most urgent one. Since all age alike, ranks never change, and the line is a
 * sorted set.
 *
 * <p>How long a line takes is estimated from recent durations: a moving average over about {@value
 * #MEMORY} tasks, from the {@value #ENOUGH}th on.
 */
final class TaskQueue {

  private static final int MEMORY = 16;
  private static final int ENOUGH = 10;

  /** So much longer must tasks take for the line to be looked through again. */
  private static final double WORSE = 1.25;

  private static final Comparator<PooledTask<?>> BY_RANK =
      (a, b) -> {
        int byRank = Long.signum(a.rank - b.rank);
        return byRank != 0 ? byRank : Long.compare(a.id, b.id);
      };

  /** The least critical last, among equals the last in line. */
  private static final Comparator<PooledTask<?>> BY_WORTH =
      Comparator.<PooledTask<?>, Criticality>comparing(task -> task.criticality)
          .thenComparing(BY_RANK);

  private final TreeSet<PooledTask<?>> line = new TreeSet<>(BY_RANK);

  /** The same tasks, where somebody may be driven out; else empty. */
  private final TreeSet<PooledTask<?>> byWorth = new TreeSet<>(BY_WORTH);

  private final boolean makesRoom;
  private double meanNanos;
  private long samples;
  private double meanAtLastLook;

  TaskQueue(boolean makesRoom) {
    this.makesRoom = makesRoom;
  }

  int size() {
    return line.size();
  }

  void add(PooledTask<?> task) {
    line.add(task);
    if (makesRoom) {
      byWorth.add(task);
    }
  }

  void remove(PooledTask<?> task) {
    line.remove(task);
    byWorth.remove(task);
  }

  @Nullable PooledTask<?> poll() {
    PooledTask<?> first = line.pollFirst();
    if (first != null) {
      byWorth.remove(first);
    }
    return first;
  }

  /** The one that is the first to be let go, if a newcomer is worth more than it; else null. */
  @Nullable PooledTask<?> worthLessThan(PooledTask<?> newcomer) {
    PooledTask<?> least = byWorth.isEmpty() ? null : byWorth.last();
    return least != null && BY_WORTH.compare(least, newcomer) > 0 ? least : null;
  }

  /** How long the task that was submitted first has waited. */
  Duration oldestWaiting() {
    Duration oldest = Duration.ZERO;
    for (PooledTask<?> task : line) {
      Duration waited = task.waited();
      oldest = waited.compareTo(oldest) > 0 ? waited : oldest;
    }
    return oldest;
  }

  /** A task has run for so long. */
  void record(long nanos) {
    samples++;
    meanNanos += (nanos - meanNanos) / Math.min(samples, MEMORY);
  }

  /** Whether a newcomer's deadline passes before its turn comes. */
  boolean isTooLateFor(PooledTask<?> newcomer, long now, int workers) {
    if (!newcomer.hasDeadline()) {
      return false;
    }
    if (newcomer.wouldBeTooLateAt(now)) {
      return true;
    }
    // The whole line first: to count who is ahead is a walk.
    return newcomer.wouldBeTooLateAt(now + waitBehind(line.size(), workers))
        && newcomer.wouldBeTooLateAt(now + waitBehind(line.headSet(newcomer).size(), workers));
  }

  private long waitBehind(int ahead, int workers) {
    int rounds = ahead / workers;
    return samples < ENOUGH ? 0 : (long) (meanNanos * rounds);
  }

  /** Takes out whose turn would come too late, if tasks have become slower since the last look. */
  List<PooledTask<?>> takeTooLate(long now, int workers) {
    if (samples < ENOUGH || meanNanos < WORSE * meanAtLastLook) {
      meanAtLastLook = Math.min(meanAtLastLook, meanNanos);
      return List.of();
    }
    meanAtLastLook = meanNanos;
    List<PooledTask<?>> late = new ArrayList<>();
    int ahead = 0;
    for (PooledTask<?> task : line) {
      if (task.hasDeadline() && task.wouldBeTooLateAt(now + waitBehind(ahead, workers))) {
        late.add(task);
      } else {
        ahead++;
      }
    }
    late.forEach(this::remove);
    return late;
  }
}
