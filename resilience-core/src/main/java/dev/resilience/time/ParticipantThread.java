package dev.resilience.time;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The thread of a {@link Participant}: it tells its clock when it starts, ends, or is interrupted.
 */
final class ParticipantThread extends Thread {

  final VirtualClock clock;
  final Participant participant;
  private final VirtualTime.Body body;

  /** Whether it may run; only the automatic mode takes it away. Written under the clock's lock. */
  private volatile boolean turn = true;

  /** An interrupt that it gets with its next turn. Guarded by the clock's lock. */
  private boolean interruptDue;

  /** Its simulation goes on without it. Written under the clock's lock. */
  volatile boolean lost;

  ParticipantThread(
      VirtualClock clock, Participant participant, String name, VirtualTime.Body body) {
    super(null, null, name, 0, false);
    this.clock = clock;
    this.participant = participant;
    this.body = body;
    setDaemon(true);
  }

  @Override
  public void run() {
    Throwable failure = null;
    try {
      if (clock.begin(this)) {
        body.run();
      }
    } catch (Throwable t) {
      failure = t;
    }
    end(failure);
  }

  private void end(@Nullable Throwable failure) {
    clock.lock.lock();
    try {
      participant.end();
      clock.end(this, failure);
    } finally {
      clock.lock.unlock();
    }
  }

  /**
   * Sets the flag and wakes this thread in one step, whoever calls: between the two nobody can see
   * time stand still or move on without it.
   */
  @Override
  public void interrupt() {
    clock.lock.lock();
    try {
      if (turn) {
        super.interrupt();
      } else {
        interruptDue = true;
      }
      clock.wake(this);
    } finally {
      clock.lock.unlock();
    }
  }

  /** As of any thread, also while it waits for its turn: others decide by it. */
  @Override
  public boolean isInterrupted() {
    clock.lock.lock();
    try {
      return interruptDue || super.isInterrupted();
    } finally {
      clock.lock.unlock();
    }
  }

  /** Before it starts: it begins with the first turn that it is given. The lock is held. */
  void awaitFirstTurn() {
    turn = false;
  }

  /** For work that knows nothing of what this thread did before. The lock is held. */
  void beginAnew(String name) {
    setName(name);
    interruptDue = false;
  }

  /** On this thread. The lock is held. */
  void takeTurn() {
    turn = false;
    // A set flag would turn the wait below into a busy one.
    interruptDue |= Thread.interrupted();
  }

  /** The lock is held. */
  void giveTurn() {
    if (interruptDue) {
      // Before the turn, or it could look at the flag too early.
      interruptDue = false;
      super.interrupt();
    }
    turn = true;
    LockSupport.unpark(this);
  }

  void awaitTurn(Object blocker) {
    while (!turn) {
      LockSupport.park(blocker);
    }
  }
}
