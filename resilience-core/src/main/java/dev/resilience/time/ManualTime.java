package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Virtual time that a test advances by hand. */
final class ManualTime extends VirtualClock implements VirtualTime.Manual {

  private final Condition changed = lock.newCondition();

  /** Participants that neither are parked nor have ended. Guarded by the lock. */
  private final Set<ParticipantThread> busy = new LinkedHashSet<>();

  /** Handed over during an advance. Guarded by the lock. */
  private final Queue<Runnable> callbacks = new ArrayDeque<>();

  private @Nullable Thread advancing;
  private @Nullable Throwable failure;

  ManualTime(long seed, Duration patience) {
    super(seed, patience);
  }

  @Override
  public void advance(Duration time) {
    Durations.requireNotNegative(time, "time");
    long nanos = Durations.toNanos(time);
    inAdvance(
        () -> {
          if (nanos > MAX_AHEAD - now()) {
            throw new IllegalArgumentException(
                "time: " + DurationText.of(time) + " (expected: at most 146 years in all)");
          }
          serveUntil(now() + nanos);
          return true;
        });
  }

  @Override
  public boolean advanceToNext() {
    return inAdvance(
        () -> {
          ScheduledItem next = next();
          if (next != null) {
            serveUntil(Math.max(now(), next.at));
          }
          return next != null;
        });
  }

  /** The lock is held except while somebody else's code runs. */
  private boolean inAdvance(BooleanSupplier work) {
    lock.lock();
    try {
      Thread me = Thread.currentThread();
      if (advancing != null || isParticipant(me)) {
        throw new IllegalStateException(
            "advance: called by "
                + me.getName()
                + (advancing == null
                    ? ", a participant"
                    : " during the advance of " + advancing.getName())
                + " (expected: one advance at a time, by a thread that is no participant)");
      }
      advancing = me;
      boolean result;
      try {
        settle();
        result = work.getAsBoolean();
      } finally {
        advancing = null;
      }
      throwFailure();
      return result;
    } finally {
      lock.unlock();
    }
  }

  private void serveUntil(long target) {
    while (true) {
      Runnable callback = callbacks.poll();
      if (callback != null) {
        run(callback);
        continue;
      }
      ScheduledItem next = next();
      if (next == null || next.at > target) {
        moveTo(target);
        return;
      }
      moveTo(next.at);
      if (next instanceof VirtualTimer timer) {
        run(timer.take());
      } else if (next instanceof ParkedThread parked) {
        wake(parked);
        settle();
      }
    }
  }

  private void run(@Nullable Runnable task) {
    lock.unlock();
    try {
      Contained.run(task);
    } finally {
      lock.lock();
    }
    settle();
  }

  /** Waits until no participant is busy. The lock is held. */
  private void settle() {
    waitFor(busy::isEmpty, () -> new StuckParticipants(busy, patience).failure());
  }

  /** Waits in real time, whatever the interrupt flag says. */
  private void waitFor(BooleanSupplier condition, Supplier<IllegalStateException> otherwise) {
    boolean interrupted = false;
    long left = patience.toNanos();
    try {
      while (!condition.getAsBoolean()) {
        if (left <= 0) {
          throw otherwise.get();
        }
        try {
          left = changed.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void throwFailure() {
    Throwable thrown = failure;
    failure = null;
    if (thrown != null) {
      throw SneakyThrow.rethrow(thrown);
    }
  }

  @Override
  public void awaitParked(int threads) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = patience.toNanos();
      while (parked() < threads) {
        if (left <= 0) {
          throw new IllegalStateException(
              "parked: "
                  + parked()
                  + " after "
                  + DurationText.of(patience)
                  + " (expected: >= "
                  + threads
                  + ")");
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Participant start(String name, Body body) {
    Participant participant =
        new Participant(this, requireNonNull(name, "name"), requireNonNull(body, "body"));
    ParticipantThread thread = participant.participantThread();
    lock.lock();
    try {
      busy.add(thread);
      thread.start();
      waitFor(
          () -> !busy.contains(thread),
          () -> new StuckParticipants(Set.of(thread), patience).failure());
      if (advancing == null && !isParticipant(Thread.currentThread())) {
        throwFailure();
      }
    } finally {
      lock.unlock();
    }
    return participant;
  }

  @Override
  public Executor executor() {
    return this::handOver;
  }

  private void handOver(Runnable task) {
    requireNonNull(task, "task");
    lock.lock();
    try {
      if (advancing != null) {
        callbacks.add(task);
        return;
      }
    } finally {
      lock.unlock();
    }
    Contained.run(task);
  }

  @Override
  void await(Object blocker, long at) {
    Thread me = Thread.currentThread();
    ParkedThread parked;
    lock.lock();
    try {
      if (me == advancing) {
        throw new IllegalStateException(
            "park: called by a timer or callback, on "
                + me.getName()
                + " (expected: a thread that does not advance the time)");
      }
      if (staysAwake(me, at)) {
        return;
      }
      parked = enter(me, blocker, at);
      busy.remove(me);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    stay(parked);
  }

  private void stay(ParkedThread parked) {
    while (!parked.over) {
      LockSupport.park(parked.blocker);
      // A participant's interrupt() has ended the parking in the same step.
      if (Thread.currentThread().isInterrupted() && !parked.over) {
        leaveInterrupted(parked);
      }
    }
  }

  private void leaveInterrupted(ParkedThread parked) {
    lock.lock();
    try {
      leave(parked);
    } finally {
      lock.unlock();
    }
  }

  @Override
  void woken(ParkedThread parked) {
    if (isParticipant(parked.thread)) {
      busy.add((ParticipantThread) parked.thread);
    }
    LockSupport.unpark(parked.thread);
  }

  @Override
  boolean begin(ParticipantThread participant) {
    return true;
  }

  @Override
  void end(ParticipantThread participant, @Nullable Throwable thrown) {
    busy.remove(participant);
    if (failure == null) {
      failure = thrown;
    }
    changed.signalAll();
  }

  private boolean isParticipant(Thread thread) {
    return thread instanceof ParticipantThread participant && participant.clock == this;
  }

  @Override
  public String toString() {
    return "manual time at " + DurationText.of(elapsed());
  }
}
