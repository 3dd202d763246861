package dev.resilience.time;

/** One stay of one thread in virtual time. */
final class ParkedThread extends ScheduledItem {

  final Thread thread;
  final Object blocker;

  /** Written under the clock's lock, before the thread is really unparked. */
  volatile boolean over;

  ParkedThread(long at, long number, Thread thread, Object blocker) {
    super(at, number);
    this.thread = thread;
    this.blocker = blocker;
  }
}
