package dev.resilience.time;

/** Something that is due in virtual time: a timer or the end of a sleep. */
abstract sealed class ScheduledItem implements Comparable<ScheduledItem>
    permits VirtualTimer, ParkedThread {

  /** A moment that never comes. */
  static final long NEVER = Long.MAX_VALUE;

  /** When, in nanoseconds since the clock was made: a scale that does not wrap. */
  final long at;

  /** Orders what is due at the same time. */
  private final long number;

  ScheduledItem(long at, long number) {
    this.at = at;
    this.number = number;
  }

  @Override
  public final int compareTo(ScheduledItem other) {
    int byTime = Long.compare(at, other.at);
    return byTime != 0 ? byTime : Long.compare(number, other.number);
  }

  @Override
  public final boolean equals(Object other) {
    return this == other;
  }

  @Override
  public final int hashCode() {
    return Long.hashCode(number);
  }
}
