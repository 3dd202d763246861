package dev.resilience.context;

/** Work that wants to hear of its interrupt. */
public interface InterruptListener {

  /**
   * Told when the thread of this work has just been interrupted because its context ended; comes
   * before the call has returned. Runs on the thread that ended the context, or on one that
   * interrupts for timers: count something, and no more.
   */
  default void interrupted() {}
}
