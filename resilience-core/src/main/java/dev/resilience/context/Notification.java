package dev.resilience.context;

import dev.resilience.time.TimeSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells all who wait at or below a scope that has ended: takes them out of their lists, walks down
 * in order of registration, and runs the callbacks when the walk is over. Those of a cancel run
 * here; those of a deadline go to the time source's executor together; our own short ones run at
 * once, so that no executor delays an interrupt.
 *
 * <p>Any number of threads may tell of the same end: each waiter is taken by one of them.
 */
final class Notification {

  private final boolean onTimerThread;
  private final TimeSource time;
  private final List<Callback> here = new ArrayList<>();
  private final List<Callback> handedOver = new ArrayList<>();

  private Notification(boolean onTimerThread, TimeSource time) {
    this.onTimerThread = onTimerThread;
    this.time = time;
  }

  /** Tells on this thread, which cancels, registers, or closes. */
  static void of(Scope ended) {
    tell(ended, false);
  }

  /** Tells on the timer thread, which runs no foreign code. */
  static void ofTimer(Scope ended) {
    tell(ended, true);
  }

  private static void tell(Scope ended, boolean onTimerThread) {
    End end = ended.lookWithoutClock();
    if (end == null) {
      return;
    }
    Callback single = ended.takeSingle();
    if (single != null) {
      ended.linkUpwards();
      tell(single, ended, end, onTimerThread);
      return;
    }
    if (ended.hasWaiters()) {
      new Notification(onTimerThread, ended.root.time()).walk(ended);
    }
  }

  private static void tell(Callback single, Scope ended, End end, boolean onTimerThread) {
    if (single.isSpared(end)) {
      single.drop();
    } else if (!single.isUsers()) {
      single.runShort(onTimerThread, ended.root.time());
    } else if (end.cancelled && !onTimerThread) {
      single.run();
    } else {
      try {
        ended.root.time().execute(single);
      } catch (Throwable noThread) {
        // For the timer, which tries again.
        ended.putBack(single);
        throw noThread;
      }
    }
  }

  private void walk(Scope top) {
    List<Scope> survivors = new ArrayList<>();
    ArrayList<Waiter> taken = new ArrayList<>();
    ArrayDeque<Scope> ahead = new ArrayDeque<>();
    for (Scope scope = top; scope != null; scope = ahead.poll()) {
      End end = scope.lookWithoutClock();
      if (end == null) {
        survivors.add(scope);
        continue;
      }
      taken.clear();
      scope.takeWaiters(taken);
      scope.linkUpwards();
      for (int i = taken.size() - 1; i >= 0; i--) {
        if (taken.get(i) instanceof Link link) {
          ahead.push(link.child);
        }
      }
      for (Waiter waiter : taken) {
        if (waiter instanceof Callback callback) {
          runOrKeep(callback, end);
        }
      }
    }
    runKept();
    for (Scope survivor : survivors) {
      // It has more time than what ended here; it is to hear of a late cancel.
      survivor.linkUpwards();
      survivor.lookAgain();
    }
  }

  private void runOrKeep(Callback callback, End end) {
    if (callback.isSpared(end)) {
      callback.drop();
    } else if (!callback.isUsers()) {
      callback.runShort(onTimerThread, time);
    } else if (onTimerThread || !end.cancelled) {
      handedOver.add(callback);
    } else {
      here.add(callback);
    }
  }

  private void runKept() {
    if (!handedOver.isEmpty()) {
      try {
        time.execute(this::runHandedOver);
      } catch (Throwable noThread) {
        // No thread can be had anywhere. Rather late for all than never for these.
        runHandedOver();
      }
    }
    here.forEach(Callback::run);
  }

  private void runHandedOver() {
    handedOver.forEach(Callback::run);
  }
}
