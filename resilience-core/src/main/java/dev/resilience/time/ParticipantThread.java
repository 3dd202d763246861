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

  /** Whether it may run; only the automatic mode takes it away. */
  private volatile boolean turn;

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
      super.interrupt();
      clock.wake(this);
    } finally {
      clock.lock.unlock();
    }
  }

  void takeTurn() {
    turn = false;
  }

  void giveTurn() {
    turn = true;
    LockSupport.unpark(this);
  }

  /** Waits until it may run, whatever its interrupt flag says. */
  void awaitTurn(Object blocker) {
    boolean interrupted = false;
    while (!turn) {
      LockSupport.park(blocker);
      // A set flag would turn this loop into a busy one; it is put back below.
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      super.interrupt();
    }
  }
}
