package dev.resilience.context;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The waiters of a scope with more than one, or with children. Callbacks stand in the first lane,
 * in order of registration; children in any, so that those of a busy parent come and go without
 * queueing behind each other. More lanes are made when two threads have met at the first.
 */
final class WaiterList {

  private static final int LANES = 8;

  private final Lane first = new Lane();
  private volatile Lane @Nullable [] more;

  /**
   * A list that takes over the callback that stood alone, if there was one. Does not touch that
   * callback, which another thread may be taking away just now; the list is thrown away then.
   */
  WaiterList(@Nullable Callback single) {
    if (single != null) {
      first.head = single;
      first.tail = single;
      first.size = 1;
      first.timed = 1;
    }
  }

  void add(Callback callback) {
    first.lock();
    try {
      first.append(callback);
    } finally {
      first.unlock();
    }
  }

  void remove(Callback callback) {
    first.lock();
    try {
      if (first.contains(callback)) {
        first.remove(callback);
      }
    } finally {
      first.unlock();
    }
  }

  /** A lane for a new child, away from where another thread is just now. */
  Lane laneForChild() {
    Lane[] lanes = more;
    if (lanes == null) {
      if (!first.isLocked()) {
        return first;
      }
      lanes = grow();
    }
    int home = home(Thread.currentThread());
    for (int i = 0; i < LANES; i++) {
      Lane lane = lanes[home + i & LANES - 1];
      if (!lane.isLocked()) {
        return lane;
      }
    }
    return lanes[home & LANES - 1];
  }

  /**
   * Threads with consecutive numbers, as those of a pool have, get lanes far apart: neighbours
   * share a line of the processor's cache.
   */
  private static int home(Thread thread) {
    return (int) (thread.getId() * 3);
  }

  private Lane[] grow() {
    first.lock();
    try {
      Lane[] lanes = more;
      if (lanes == null) {
        lanes = new Lane[LANES];
        lanes[0] = first;
        for (int i = 1; i < LANES; i++) {
          lanes[i] = new Lane();
        }
        more = lanes;
      }
      return lanes;
    } finally {
      first.unlock();
    }
  }

  boolean isEmpty() {
    Lane[] lanes = more;
    if (lanes == null) {
      return first.size == 0;
    }
    for (Lane lane : lanes) {
      if (lane.size != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether a waiter is here that is to be told when the deadline passes. */
  boolean isTimed() {
    Lane[] lanes = more;
    if (lanes == null) {
      return first.timed != 0;
    }
    for (Lane lane : lanes) {
      if (lane.timed != 0) {
        return true;
      }
    }
    return false;
  }

  int size() {
    Lane[] lanes = more;
    if (lanes == null) {
      return first.size;
    }
    int size = 0;
    for (Lane lane : lanes) {
      size += lane.size;
    }
    return size;
  }

  /** The callbacks among the first waiters; all callbacks stand in the first lane. */
  List<Callback> callbacks(int most) {
    List<Callback> found = new ArrayList<>();
    first.lock();
    try {
      Waiter waiter = first.head;
      for (int i = 0; i < most && waiter != null; i++) {
        if (waiter instanceof Callback callback) {
          found.add(callback);
        }
        waiter = waiter.after;
      }
    } finally {
      first.unlock();
    }
    return found;
  }

  /** Empties this list into another one. */
  @SuppressWarnings("NonApiType") // as in Scope.takeWaiters
  void takeAll(ArrayList<Waiter> taken) {
    Lane[] lanes = more;
    if (lanes == null) {
      first.takeAll(taken);
    } else {
      for (Lane lane : lanes) {
        lane.takeAll(taken);
      }
    }
  }

  /** A doubly linked list and its lock. */
  static final class Lane extends ReentrantLock {

    private static final long serialVersionUID = 1L;

    private transient @Nullable Waiter head;
    private transient @Nullable Waiter tail;

    /**
     * Volatile so that a writer of this sees what happens next elsewhere; see {@link Link#update}.
     */
    private volatile int size;

    /** How many of these have no timer of their own further down. Volatile for the same reason. */
    private volatile int timed;

    /** Whether a waiter that belongs into no other lane stands in this one. The lock is held. */
    boolean contains(Waiter waiter) {
      return waiter.before != null || head == waiter;
    }

    // The lock is held by every caller, which makes the increments atomic.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void append(Waiter waiter) {
      waiter.before = tail;
      if (tail == null) {
        head = waiter;
      } else {
        tail.after = waiter;
      }
      tail = waiter;
      size++;
      if (isTimed(waiter)) {
        timed++;
      }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate")
    void remove(Waiter waiter) {
      Waiter before = waiter.before;
      Waiter after = waiter.after;
      if (before == null) {
        head = after;
      } else {
        before.after = after;
      }
      if (after == null) {
        tail = before;
      } else {
        after.before = before;
      }
      clear(waiter);
      size--;
      if (isTimed(waiter)) {
        timed--;
      }
    }

    private static boolean isTimed(Waiter waiter) {
      return !(waiter instanceof Link link) || link.isTimed();
    }

    @SuppressWarnings("NonApiType") // as in Scope.takeWaiters
    void takeAll(ArrayList<Waiter> taken) {
      if (size == 0) {
        return;
      }
      lock();
      try {
        // All memory first: a full heap must not break the list in two.
        taken.ensureCapacity(taken.size() + size);
        Waiter waiter = head;
        while (waiter != null) {
          Waiter after = waiter.after;
          clear(waiter);
          if (waiter instanceof Link link) {
            link.linked = false;
          }
          taken.add(waiter);
          waiter = after;
        }
        head = null;
        tail = null;
        size = 0;
        timed = 0;
      } finally {
        unlock();
      }
    }

    private static void clear(Waiter waiter) {
      waiter.before = null;
      waiter.after = null;
    }
  }
}
