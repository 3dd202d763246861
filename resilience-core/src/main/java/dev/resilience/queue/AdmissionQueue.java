package dev.resilience.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A limit with a {@link WaitQueue} before it. A subclass says what there is to be had; this class
 * says who gets it: whoever is next, as soon as it is there. Who can no longer be served in time is
 * refused at once: when it comes, when its time has run down, and when the outlook changes.
 *
 * <p>A ticket leaves the queue exactly once, under the lock, and is told after it. No user code
 * runs under the lock. What an admitted ticket took is given back exactly once if it is not used,
 * whatever the reason: the context has ended, or there is no thread to go on with.
 */
public abstract class AdmissionQueue {

  /** Guards the queue and whatever the subclass keeps. */
  protected final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock. */
  protected final WaitQueue waiting;

  private @Nullable Announcements news;

  /**
   * An empty queue.
   *
   * @param standsAfter as for {@link WaitQueue}
   */
  protected AdmissionQueue(long standsAfter) {
    this.waiting = new WaitQueue(standsAfter);
  }

  // ---- what the subclass knows; all under the lock

  /** The time, on the scale of the tickets. */
  protected abstract long now();

  /** Takes what a ticket needs, if it is there. */
  protected abstract boolean tryTake(Ticket ticket, long now);

  /** Takes back what a ticket took that is not used. */
  protected abstract void giveBack(Ticket ticket, long now);

  /** How long those in the queue have to wait. */
  protected abstract WaitQueue.Outlook outlook(long now);

  /** Called after the queue or what there is may have changed. */
  protected abstract void changed(long now);

  /** Counts a refusal. */
  protected abstract void refused(Ticket ticket);

  // ---- what the subclass says; without the lock

  /** For messages. */
  public abstract String name();

  /** The exception for a ticket that is refused; made outside of the lock. */
  protected abstract RuntimeException refusal(Ticket ticket);

  // ---- coming

  /**
   * Puts a call into the queue, or lets it in at once. To be followed by {@link #tell}. Under the
   * lock.
   *
   * @param maxSize how many may wait
   * @return false: it is refused, and stands nowhere
   */
  protected final boolean enter(Ticket ticket, int maxSize, long now) {
    admitNext(now);
    if (waiting.isEmpty() && tryTake(ticket, now)) {
      ticket.setAdmitted(true);
      // Nobody depends on it yet, so this runs no code of anybody's.
      ticket.complete(null);
      changed(now);
      return true;
    }
    waiting.add(ticket);
    WaitQueue.Outlook outlook = outlook(now);
    long wait = outlook.waitFor(waiting.unitsBefore(ticket, now), ticket.units);
    Ticket tooMany = waiting.size() > maxSize ? waiting.leastWanted(now) : null;
    Refusal refusal =
        tooMany == ticket
            ? Refusal.QUEUE_FULL
            : ticket.isHopeless(now, wait, outlook.workTime()) ? Refusal.TOO_LATE : null;
    if (refusal != null) {
      waiting.remove(ticket);
      ticket.setRefusal(refusal);
      refused(ticket);
      changed(now);
      return false;
    }
    if (tooMany != null) {
      refuse(tooMany, Refusal.QUEUE_FULL);
    }
    ticket.startTimer(outlook.workTime());
    changed(now);
    // What came back while the newcomer was not seen yet has woken nobody.
    admitNext(now);
    changed(now);
    return true;
  }

  // ---- going

  /**
   * Gives a ticket up: it leaves the queue, or what it took is given back. No effect on one that
   * was refused or used, or that left before.
   */
  public final void leave(Ticket ticket) {
    Announcements told;
    lock.lock();
    try {
      letGo(ticket, now());
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
  }

  /** As {@link #leave}, under the lock. False: there was nothing to give up. */
  protected final boolean letGo(Ticket ticket, long now) {
    boolean left = waiting.remove(ticket);
    if (!left && ticket.isAdmitted()) {
      ticket.setAdmitted(false);
      giveBack(ticket, now);
      left = true;
    }
    if (left) {
      admitNext(now);
      changed(now);
    }
    return left;
  }

  /** Its last moment has come, as it looked when it came. */
  final void expired(Ticket ticket) {
    Announcements told;
    lock.lock();
    try {
      long now = now();
      if (ticket.isWaiting()) {
        admitNext(now);
      }
      if (ticket.isWaiting()) {
        long work = outlook(now).workTime();
        if (ticket.isExpired(now, work)) {
          refuse(ticket, Refusal.TOO_LATE);
        } else {
          ticket.startTimer(work);
        }
      }
      changed(now);
      told = takeNews();
    } finally {
      lock.unlock();
    }
    tell(told);
  }

  // ---- what changes, under the lock

  /** Lets in whoever is next, as long as there is what it needs. */
  protected final void admitNext(long now) {
    Ticket head = waiting.next(now);
    if (head == null) {
      return;
    }
    long work = outlook(now).workTime();
    for (; head != null; head = waiting.next(now)) {
      if (work > 0 && head.isHopeless(now, 0, work)) {
        refuse(head, Refusal.TOO_LATE);
      } else if (tryTake(head, now)) {
        waiting.serve(head);
        head.setAdmitted(true);
        news().admitted.add(head);
      } else {
        return;
      }
    }
  }

  /** Refuses all who can no longer be served in time. */
  protected final void judgeAll(long now) {
    if (waiting.isEmpty()) {
      return;
    }
    WaitQueue.Outlook outlook = outlook(now);
    for (Ticket hopeless : waiting.takeHopeless(now, outlook)) {
      noteRefused(hopeless, Refusal.TOO_LATE);
    }
  }

  private void refuse(Ticket ticket, Refusal why) {
    waiting.remove(ticket);
    noteRefused(ticket, why);
  }

  private void noteRefused(Ticket ticket, Refusal why) {
    ticket.setRefusal(why);
    refused(ticket);
    news().refused.add(ticket);
  }

  private Announcements news() {
    Announcements present = news;
    if (present == null) {
      present = new Announcements();
      news = present;
    }
    return present;
  }

  /** What is to be told once the lock is free; null: nothing. */
  protected final @Nullable Announcements takeNews() {
    Announcements present = news;
    news = null;
    return present;
  }

  // ---- telling, without the lock

  /**
   * Tells what was decided. What cannot be told, because the executor takes no task, is given back
   * and fails; in a loop, because giving back admits others, who may not be told either.
   */
  protected final void tell(@Nullable Announcements told) {
    Announcements next = told;
    while (next != null) {
      for (Ticket ticket : next.refused) {
        ticket.tellRefused(refusal(ticket));
      }
      List<Ticket> untold = new ArrayList<>(0);
      for (Ticket ticket : next.admitted) {
        if (!ticket.tellAdmitted()) {
          untold.add(ticket);
        }
      }
      if (untold.isEmpty()) {
        return;
      }
      lock.lock();
      try {
        long now = now();
        untold.forEach(ticket -> letGo(ticket, now));
        next = takeNews();
      } finally {
        lock.unlock();
      }
      untold.forEach(Ticket::failUntold);
    }
  }
}
