package dev.resilience.context;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * The tree as one would explain it on a whiteboard: every parent knows every child, every event is
 * told to everybody at once, deadlines happen when their time comes. No laziness, no concurrency.
 */
final class TreeModel {

  /** The time, in the unit of the deadlines. */
  long now;

  final List<Member> members = new ArrayList<>();

  /** The callbacks that have run, in order. */
  final List<Integer> fired = new ArrayList<>();

  private int nextOrder;
  private int nextNumber;

  /** What ends a member; a cancel of which nobody asked the time has none. */
  record Event(boolean cancel, Throwable cause, Member origin, Long time, Integer number) {

    /**
     * Whether this counts as earlier: without a time it does, and a tie goes to the deadline. Which
     * of two cancels at one time came first is known below a merge.
     */
    boolean isBefore(Event other) {
      if (time == null || other.time == null) {
        return time == null && other.time != null;
      }
      if (!time.equals(other.time)) {
        return time < other.time;
      }
      if (cancel != other.cancel) {
        return other.cancel;
      }
      return number != null && other.number != null && number < other.number;
    }
  }

  final class Member {

    final int order = nextOrder++;
    final List<Member> parents;
    final List<Member> children = new ArrayList<>();
    final List<Integer> callbacks = new ArrayList<>();
    final boolean moreTime;
    final Long deadline;

    /** Null: lives. */
    Event end;

    /** A cancel that came after the deadline. */
    Event lateCancel;

    /** Whether it is asked here or below what came first. */
    boolean cancelTimeNeeded;

    /** Whether a merge was ever derived below. */
    boolean cancelOrderNeeded;

    Member(List<Member> parents, boolean moreTime, Long deadline) {
      this.parents = parents;
      this.moreTime = moreTime;
      this.deadline = deadline;
      members.add(this);
      for (Member parent : parents) {
        parent.children.add(this);
      }
      boolean merge = parents.stream().distinct().count() > 1;
      if (moreTime || bringsDeadline() || merge) {
        parents.forEach(parent -> parent.noteCancelNeeds(merge));
      }
      inheritEnd();
      passDeadlines();
    }

    /** Whether there is a deadline that says more than those above. */
    private boolean bringsDeadline() {
      return deadline != null
          && parents.stream()
              .allMatch(
                  parent ->
                      parent.effectiveDeadline() == null
                          || (parent.effectiveDeadline() > deadline
                              && parent.effectiveDeadline() > now));
    }

    private void noteCancelNeeds(boolean order) {
      cancelTimeNeeded = true;
      cancelOrderNeeded |= order;
      boolean merge = order || parents.stream().distinct().count() > 1;
      parents.forEach(parent -> parent.noteCancelNeeds(merge));
    }

    /**
     * One that is born under ended parents hears of it: first of the earliest end whose time is
     * known.
     */
    private void inheritEnd() {
      List<Event> events = new ArrayList<>();
      for (Member parent : parents) {
        if (parent.end != null) {
          events.add(parent.end);
        }
        if (parent.lateCancel != null) {
          events.add(parent.lateCancel);
        }
      }
      events.removeIf(event -> moreTime && !event.cancel);
      while (!events.isEmpty()) {
        Event first = events.get(0);
        for (Event event : events) {
          first = event.isBefore(first) ? event : first;
        }
        events.remove(first);
        reach(first);
      }
    }

    Long effectiveDeadline() {
      Long earliest = deadline;
      if (!moreTime) {
        for (Member parent : parents) {
          Long above = parent.effectiveDeadline();
          if (above != null && (earliest == null || above < earliest)) {
            earliest = above;
          }
        }
      }
      return earliest;
    }

    boolean cancel(Throwable cause) {
      return cancel(cause, cancelTimeNeeded || effectiveDeadline() != null);
    }

    /** With nobody waiting, a close asks for the time only where that matters to somebody else. */
    void close(boolean somebodyWaits) {
      cancel(
          CancelReason.CLOSED, cancelTimeNeeded || (somebodyWaits && effectiveDeadline() != null));
    }

    private boolean cancel(Throwable cause, boolean timed) {
      boolean won = end == null;
      Integer number = cancelOrderNeeded ? nextNumber++ : null;
      reach(new Event(true, cause, this, timed || !won ? now : null, number));
      return won;
    }

    /** An event arrives from above or happens here. */
    private void reach(Event event) {
      if (end == null) {
        end = event;
        fired.addAll(callbacks);
        callbacks.clear();
      } else if (!end.cancel && event.cancel && lateCancel == null) {
        lateCancel = event;
      } else {
        return;
      }
      for (Member child : List.copyOf(children)) {
        if (event.cancel || !child.moreTime) {
          child.reach(event);
        }
      }
    }
  }

  void advance(long by) {
    now += by;
    passDeadlines();
  }

  private void passDeadlines() {
    members.stream()
        .filter(member -> member.deadline != null && member.deadline <= now)
        .sorted(Comparator.comparing(member -> Objects.requireNonNull(member.deadline)))
        .forEach(
            member -> {
              if (member.end == null) {
                member.reach(new Event(false, null, member, member.deadline, null));
              }
            });
  }
}
