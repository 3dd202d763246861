package dev.resilience.time;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A thread that takes part in virtual time.
 *
 * <p>Thread-safe.
 */
public final class Participant {

  private final VirtualClock clock;
  private final ParticipantThread thread;

  /** The threads that wait for the end; null once it has come. Guarded by the clock's lock. */
  private @Nullable List<Thread> joiners = new ArrayList<>(1);

  Participant(VirtualClock clock, String name, VirtualTime.Body body) {
    this.clock = clock;
    this.thread = new ParticipantThread(clock, this, name, body);
  }

  /** The name that it was started with. */
  public String name() {
    return thread.getName();
  }

  /** Its thread, for {@link TimeSource#unpark} and the like. */
  public Thread thread() {
    return thread;
  }

  /** Interrupts it. A participant that is parked becomes runnable before this returns. */
  public void interrupt() {
    thread.interrupt();
  }

  /** Whether its body has ended, by returning or by throwing. */
  public boolean isDone() {
    clock.lock.lock();
    try {
      return joiners == null;
    } finally {
      clock.lock.unlock();
    }
  }

  /**
   * Waits in virtual time until it {@linkplain #isDone is done}.
   *
   * @throws InterruptedException if the calling thread is interrupted, before or meanwhile
   */
  public void join() throws InterruptedException {
    Thread me = Thread.currentThread();
    while (true) {
      if (Thread.interrupted()) {
        forget(me);
        throw new InterruptedException();
      }
      if (!register(me)) {
        return;
      }
      clock.park(this);
    }
  }

  private boolean register(Thread joiner) {
    clock.lock.lock();
    try {
      if (joiners != null && !joiners.contains(joiner)) {
        joiners.add(joiner);
      }
      return joiners != null;
    } finally {
      clock.lock.unlock();
    }
  }

  private void forget(Thread joiner) {
    clock.lock.lock();
    try {
      if (joiners != null) {
        joiners.remove(joiner);
      }
    } finally {
      clock.lock.unlock();
    }
  }

  ParticipantThread participantThread() {
    return thread;
  }

  /** Marks the end and wakes who waits for it. The clock's lock is held. */
  void end() {
    List<Thread> waiting = Objects.requireNonNull(joiners, "joiners");
    joiners = null;
    waiting.forEach(clock::unpark);
  }

  @Override
  public String toString() {
    return "participant " + name();
  }
}
